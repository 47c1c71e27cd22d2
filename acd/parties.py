"""Whom an agent means: a colleague by number, the next free of a queue's agents or of the shift leaders."""

from acd.agents import Agent, Verb
from acd.floor import Floor
from telephony.oncall import Kind, Party

EVERYBODY = "*"
Refusal = tuple[str, dict[str, str]]


def colleague(floor: Floor, me: Agent, to: Party) -> Agent | Refusal:
    """The agent to be called, free now and on the same PBX; of several the one free longest. Else a code and words."""
    if to.kind is Kind.AGENT:
        found = floor.agents.get(to.name)  # type: ignore[call-overload]
        if found is None:
            return "agent_unknown", {"agent": to.name}
        if found is me:
            return "party_self", {"agent": me.id}
        return found if _free(me, found) else ("party_busy", {"agent": found.id, "state": found.state.value})
    if to.kind is Kind.QUEUE:
        if not knows_queue(floor, to.name):
            return "queue_unknown", {"queue": to.name}
        several = [a for a in floor.agents.values() if to.name in (*a.settings.queues, *a.settings.campaigns)]
    else:
        group = me.settings.group
        several = [a for a in floor.agents.values() if EVERYBODY in a.settings.leads or group in a.settings.leads]
        if not several:
            return "leader_none", {"group": group}
    free = sorted((a for a in several if a is not me and _free(me, a)), key=lambda a: (a.since, a.id))
    if free:
        return free[0]
    return (
        ("queue_busy", {"queue": to.name}) if to.kind is Kind.QUEUE else ("leader_busy", {"group": me.settings.group})
    )


def knows_queue(floor: Floor, name: str) -> bool:
    return name in floor.queues or name in floor.campaigns


def _free(me: Agent, other: Agent) -> bool:
    return other.may(Verb.RESERVE) and other.phone_ready and other.server == me.server and other.leaves_at is None
