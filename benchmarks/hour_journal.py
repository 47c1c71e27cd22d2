"""What the journal of a database tells of each attempt and of the agents' states, read beside the product."""

import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from telephony.detection import Then

WORKING = frozenset({"talking", "hold", "consulting", "wrap_up"})
SIGNED_IN = WORKING | {"ready", "reserved", "ringing"}


class Told(msgspec.Struct, kw_only=True):
    """One attempt as the journal tells it; instants in epoch seconds, waits in seconds since the answer."""

    call: str
    lead: int
    placed_at: float
    answered_at: float | None = None
    waiting_at: float | None = None
    waited_s: float | None = None
    given_up_s: float | None = None
    given_up_by: str = ""
    queued: bool = False
    sampled: bool = False
    """Taken for a machine, and handed to an agent to learn whether it was one."""
    outcome: str = ""


class Journal(msgspec.Struct, kw_only=True):
    """The attempts by call, and every change of an agent's state: instant, agent, new state."""

    calls: dict[str, Told] = {}
    agents: list[tuple[float, str, str]] = []
    anomalies: Counter[str] = msgspec.field(default_factory=Counter)
    alarms: Counter[str] = msgspec.field(default_factory=Counter)


def read_journal(database: Path) -> Journal:
    """The whole journal of an SQLite database, read beside the product."""
    found = Journal()
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as opened:
        for at, payload in opened.execute("SELECT at, payload FROM journal ORDER BY seq"):
            _take(found, at, msgspec.json.decode(payload))
    opened.close()
    return found


def _take(found: Journal, at: float, fact: dict[str, Any]) -> None:
    kind = fact["type"]
    if kind == "AttemptPlaced":
        found.calls[fact["call"]] = Told(call=fact["call"], lead=fact["lead"], placed_at=at)
    elif kind == "AttemptVetoed":
        found.calls.pop(fact["call"], None)
    elif kind == "AgentChanged":
        found.agents.append((at, fact["agent"], fact["now"]))
    elif kind == "Anomaly":
        found.anomalies[f"{fact['where']}: {fact['what']}"] += 1
    elif kind == "AlarmRaised":
        found.alarms[fact["alarm"]] += 1
    told = found.calls.get(fact.get("call") or "")
    if told is None:
        return
    if kind == "CallAnswered" and told.answered_at is None:
        told.answered_at = at
    elif kind == "CallWaiting" and told.waiting_at is None:
        told.waiting_at = at
    elif kind == "CallOffered":
        told.queued = not fact["why"].startswith("longest idle")
    elif kind == "CallScreened":
        told.sampled = fact["then"] == Then.SAMPLE
    elif kind == "CallConnected" and told.waited_s is None:
        told.waited_s = fact["waited_s"]
    elif kind == "CallAbandoned":
        told.given_up_s, told.given_up_by = fact["waited_s"], fact["by"]
    elif kind == "CallEnded":
        told.outcome = fact["outcome"]


def utilisation(journal: Journal, began: float, ended: float) -> float:
    """Share of the agents' time between two instants in which they talked or wrapped up."""
    worked = there = 0.0
    last: dict[str, tuple[float, str]] = {}
    changes = [*journal.agents, *((ended, agent, "") for agent in {one for _, one, _ in journal.agents})]
    for at, agent, state in sorted(changes):
        since, was = last.get(agent, (at, ""))
        lasted = max(0.0, min(at, ended) - max(since, began))
        there += lasted * (was in SIGNED_IN)
        worked += lasted * (was in WORKING)
        last[agent] = (at, state)
    return worked / there if there else 0.0
