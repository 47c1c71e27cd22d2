"""Reading a snapshot of a PBX, and bringing a call back from the store, so that only the difference is told."""

import msgspec

from telephony.calls import Call, Stage
from telephony.events import LegSeen, PbxSnapshot
from telephony.ids import AgentId, BridgeId, LegId, agent_of_seat, call_of_outside, is_call
from telephony.leads import OpenCall
from telephony.outcomes import Evidence

PARKED_CONTEXTS = frozenset(
    {"switchroom-answered", "switchroom-amd", "switchroom-keys", "switchroom-callback", "switchroom-confirm"}
)
CALLER_CONTEXT = "switchroom-caller"
LEAVING = frozenset({"away", "outside"})
"""Extensions in which a caller is on his way out."""
HOLD_CONTEXT = "switchroom-hold"
SEAT_CONTEXTS = frozenset({"switchroom-seat", "switchroom-return"})


class Seen(msgspec.Struct, frozen=True):
    """A snapshot by leg and by bridge."""

    rows: dict[LegId, LegSeen]
    bridges: dict[BridgeId, frozenset[LegId]]

    def partner(self, row: LegSeen, agent: AgentId | None = None) -> LegId | None:
        """The agent's leg that shares a bridge with a customer's leg, if any: a seat, or a phone that was rung for him;
        of several the one of `agent`."""
        if row.bridge is None:
            return None
        found = [
            leg
            for leg in sorted(self.bridges[row.bridge])
            if leg != row.leg
            and not is_call(leg)
            and call_of_outside(leg) is None
            and leg in self.rows
            and not self.rows[leg].channel.startswith(("CBAnn", "Local/"))
        ]
        own = [leg for leg in found if agent_of_seat(leg) == agent]
        return own[0] if own else found[0] if found else None

    def has_agent(self, agent: AgentId, leg: LegId | None) -> bool:
        """Whether the agent's seat, or the leg of his that is named, is up."""
        return any(row.up and (row.leg == leg or agent_of_seat(row.leg) == agent) for row in self.rows.values())


def read(snapshot: PbxSnapshot) -> Seen:
    bridges: dict[BridgeId, set[LegId]] = {}
    for row in snapshot.legs:
        if row.bridge is not None:
            bridges.setdefault(row.bridge, set()).add(row.leg)
    return Seen({row.leg: row for row in snapshot.legs}, {b: frozenset(legs) for b, legs in bridges.items()})


def is_parked(row: LegSeen, inbound: bool = False) -> bool:
    """Whether an answered customer waits in our dialplan; a caller may also wait unanswered, or listen to a recording."""
    if inbound:
        return row.bridge is None and (row.context in PARKED_CONTEXTS or announced_to(row))
    return row.up and row.bridge is None and row.context in PARKED_CONTEXTS


def announced_to(row: LegSeen) -> bool:
    return row.context == CALLER_CONTEXT and row.exten == "announce"


def is_at_the_door(row: LegSeen) -> bool:
    """Whether a caller has come and has not been taken in."""
    return row.context == CALLER_CONTEXT and row.exten not in LEAVING and not announced_to(row)


def is_lost_caller(row: LegSeen) -> bool:
    """Whether a leg we know nothing of is a caller's who is with nobody: somebody has to ask him who he is."""
    ours = row.context in PARKED_CONTEXTS or row.context in (HOLD_CONTEXT, CALLER_CONTEXT)
    if not ours or row.bridge is not None or is_call(row.leg) or agent_of_seat(row.leg) is not None:
        return False
    return row.linked == row.leg and not (row.context == CALLER_CONTEXT and row.exten in LEAVING)


def is_on_hold(row: LegSeen) -> bool:
    return row.up and row.context == HOLD_CONTEXT


def is_alone_in_seat(row: LegSeen) -> bool:
    return row.up and row.context in SEAT_CONTEXTS


def revive(known: OpenCall) -> Call:
    """A call as the store knew it; stale until a snapshot has shown what became of it."""
    call = Call(
        id=known.call,
        campaign=known.campaign,
        lead=known.lead,
        trunk=known.trunk,
        server=known.server,
        mode=known.mode,
        placed_at=known.placed_at,
        since=known.connected_at or known.answered_at or known.placed_at,
        evidence=Evidence(
            answered=known.answered_at is not None,
            leg_seen=known.rang_at is not None or known.answered_at is not None,
            rang=known.rang_at is not None,
        ),
        rang_at=known.rang_at,
        answered_at=known.answered_at,
        connected_at=known.connected_at,
        agent=known.agent,
        judged=known.answered_at is not None,
        abandoned=known.abandoned,
        stale=True,
    )
    if known.connected_at is not None:
        call.stage = Stage.LEAVING if known.parted else Stage.TALKING
        call.talker, call.talked_s = known.agent, known.talked_s
        call.talk_from = None if known.parted else known.talk_from or known.connected_at
        if known.parted:
            call.agent = None
    elif known.answered_at is not None:
        call.stage = Stage.OFFERED if known.agent is not None else Stage.ANSWERED
    elif known.rang_at is not None:
        call.stage = Stage.RINGING
    return call
