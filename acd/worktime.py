"""What agents' time was spent on: working-time use (工时利用率), occupancy and adherence to the roster (签入遵时度); pure.

Everything derives from spells, each of which ends where the next begins, so that a restart in the middle of one, or a
server that was down meanwhile, changes no sum. A spell still open lasts until the end of what is asked for.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from acd.roster import Span
from config.floor import ReasonSettings

HANDLING = frozenset({"talking", "hold", "consulting", "wrap_up"})
AVAILABLE = frozenset({"ready", "reserved", "ringing"})
OUT, AUX = "logged_out", "aux"


class Spell(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent was from `began_at` to `ended_at` (epoch seconds, None: still), by which verb, and who had it so."""

    agent: str
    state: str
    reason: str
    verb: str
    actor: str
    call: str | None
    began_at: float
    ended_at: float | None


class Worktime(msgspec.Struct, frozen=True, kw_only=True):
    """One agent between two instants, seconds and shares. `utilisation` is time handled, available or spent on a
    productive reason, of the time signed in; `occupancy` time handled, of that and the time available; `adherence` the
    time signed in within the planned times, of these. None where there is nothing to be a share of."""

    agent: str
    since: float
    until: float
    signed_in_s: float
    handling_s: float
    available_s: float
    productive_s: float
    unproductive_s: float
    states: dict[str, float]
    reasons: dict[str, float]
    overstays: int
    utilisation: float | None
    occupancy: float | None
    planned_s: float
    kept_s: float
    late_s: float
    early_s: float
    adherence: float | None


def worktime(
    agent: str,
    spells: Sequence[Spell],
    reason_of: Callable[[str], ReasonSettings],
    planned: Sequence[Span],
    since: float,
    until: float,
) -> Worktime:
    """The agent's time in [since, until]; `planned` are his times by the roster within it, in order."""
    states: dict[str, float] = {}
    reasons: dict[str, float] = {}
    signed_in: list[Span] = []
    overstays = 0
    for spell in spells:
        begin, end = max(spell.began_at, since), min(until if spell.ended_at is None else spell.ended_at, until)
        if end <= begin:
            continue
        states[spell.state] = states.get(spell.state, 0.0) + end - begin
        if spell.state == AUX:
            reasons[spell.reason] = reasons.get(spell.reason, 0.0) + end - begin
            limit_s = reason_of(spell.reason).limit_s
            overstays += bool(limit_s) and end - spell.began_at > limit_s
        if spell.state != OUT:
            signed_in.append((begin, end))
    present = sum(end - begin for begin, end in signed_in)
    handling = sum(states.get(state, 0.0) for state in HANDLING)
    available = sum(states.get(state, 0.0) for state in AVAILABLE)
    productive = sum(seconds for name, seconds in reasons.items() if reason_of(name).productive)
    plan = sum(end - begin for begin, end in planned)
    kept = sum(_common(one, other) for one in planned for other in signed_in)
    late, early = _edges(planned, signed_in)
    return Worktime(
        agent=agent,
        since=since,
        until=until,
        signed_in_s=present,
        handling_s=handling,
        available_s=available,
        productive_s=productive,
        unproductive_s=states.get(AUX, 0.0) - productive,
        states=states,
        reasons=reasons,
        overstays=overstays,
        utilisation=_share(handling + available + productive, present),
        occupancy=_share(handling, handling + available),
        planned_s=plan,
        kept_s=kept,
        late_s=late,
        early_s=early,
        adherence=_share(kept, plan),
    )


def _edges(planned: Iterable[Span], signed_in: Sequence[Span]) -> tuple[float, float]:
    """How long after each shift's begin he signed in, and before its end he was out for good; all of it when absent,
    counted as late."""
    late = early = 0.0
    for shift in planned:
        there = [(max(begin, shift[0]), min(end, shift[1])) for begin, end in signed_in if _common((begin, end), shift)]
        if not there:
            late += shift[1] - shift[0]
        else:
            late += there[0][0] - shift[0]
            early += shift[1] - there[-1][1]
    return late, early


def _common(one: Span, other: Span) -> float:
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
