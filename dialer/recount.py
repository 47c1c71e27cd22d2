"""The auditor's count: abandon contracts counted from the facts of the journal alone, with nothing kept between counts."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from config.model import AbandonContract
from dialer.contracts import WAY_OF, Decided, Way, bounds, counts_as, figures
from telephony.detection import Then
from telephony.facts import AttemptPlaced, CallAbandoned, CallConnected, CallEnded, CallScreened, CallWaiting, Fact
from telephony.ids import CallId
from telephony.outcomes import Outcome
from telephony.views import ContractView

KINDS = tuple(
    kind.__name__ for kind in (AttemptPlaced, CallWaiting, CallScreened, CallConnected, CallAbandoned, CallEnded)
)
"""The facts that decide what a call counts as."""
LONGEST_CALL_S = 86_400.0
"""Facts from so long before a window tell everything of the calls that were decided in it."""


class _Course(msgspec.Struct):
    campaign: str
    heard_at: float | None = None
    decided: bool = False


def decided_calls(facts: Iterable[tuple[float, Fact]]) -> Iterator[tuple[str, Decided]]:
    """Each call by its campaign at the moment it was decided; facts by the instant they were submitted at, in order."""
    courses: dict[CallId, _Course] = {}
    for at, fact in facts:
        match fact:
            case AttemptPlaced():
                courses[fact.call] = _Course(fact.campaign)
                continue
            case CallWaiting():
                if (course := courses.get(fact.call)) is not None and course.heard_at is None:
                    course.heard_at = at
                continue
            case CallScreened():
                if fact.then is not Then.SAMPLE:
                    continue
                course, way, waited_s = courses.get(fact.call), Way.MACHINE, 0.0
            case CallConnected():
                course, way, waited_s = courses.get(fact.call), Way.CONNECTED, fact.waited_s
            case CallAbandoned():
                course, way, waited_s = courses.get(fact.call), WAY_OF[fact.by], fact.waited_s
            case CallEnded():
                course, way, waited_s = courses.pop(fact.call, None), Way.MACHINE, 0.0
                if fact.outcome is not Outcome.MACHINE:
                    continue
            case _:
                continue
        if course is not None and not course.decided:
            course.decided = True
            heard_s = None if course.heard_at is None else at - course.heard_at
            yield course.campaign, Decided(at, way, waited_s, heard_s)


def recounted(
    contracts: Sequence[AbandonContract], zone: str, campaign: str, facts: Iterable[tuple[float, Fact]], at: float
) -> tuple[ContractView, ...]:
    """Every contract of the campaign as it stood at that instant; the facts begin as `facts_from` says."""
    begins = [bounds(one.window, zone, at)[0] for one in contracts]
    sums = [[0, 0, 0, 0] for _ in contracts]
    for of, call in decided_calls(facts):
        if of == campaign and call.at <= at:
            for contract, since, counts in zip(contracts, begins, sums, strict=True):
                if call.at >= since:
                    counts[counts_as(contract, call)] += 1
    found = zip(contracts, sums, begins, strict=True)
    return tuple(figures(contract, counts, since, at) for contract, counts, since in found)


def facts_from(contracts: Sequence[AbandonContract], zone: str, at: float) -> float:
    """From which instant on the facts are needed."""
    return min(bounds(one.window, zone, at)[0] for one in contracts) - LONGEST_CALL_S
