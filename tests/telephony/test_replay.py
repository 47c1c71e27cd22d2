"""Streams recorded from real Asterisk 22 and 16, replayed through the call table, end in the right outcomes."""

import gzip
from collections import Counter
from pathlib import Path

import pytest

from telephony.ami.headers import translate
from telephony.ami.parse import parse
from telephony.calltable import CallTable
from telephony.commands import SetTimer
from telephony.events import OriginateEnded, PbxEvent, TimerFired
from telephony.facts import AttemptPlaced, CallEnded, Fact
from telephony.ids import CallId, CampaignId, CustomerId, LeadId, ServerId, TrunkId
from telephony.outcomes import Outcome

ROOT = Path(__file__).parents[2]
CAPTURES = ROOT / "tests" / "captures"
PBX = ServerId("pbx1")

OUTCOMES = {
    "success": Outcome.ANSWERED,
    "abandoned": Outcome.ANSWERED,
    "busy": Outcome.BUSY,
    "noanswer": Outcome.NO_ANSWER,
    "congested503": Outcome.CONGESTION,
    "notfound404": Outcome.INVALID,
    "unavail480": Outcome.UNAVAILABLE,
    "decline603": Outcome.DECLINED,
    "early183busy": Outcome.BUSY,
    "badtrunk": Outcome.TRUNK_DOWN,
    "more_dead": Outcome.TRUNK_DOWN,
    "more_cancel": Outcome.CANCELLED,
    "more_reason": Outcome.ANSWERED,
    "more_dtmf": Outcome.ANSWERED,
    "bridge": Outcome.ANSWERED,
    "conf": Outcome.ANSWERED,
    "redirect": Outcome.ANSWERED,
}
V16 = [name for name in OUTCOMES if (CAPTURES / "v16" / f"{name}.txt").exists()]


def events(stream: bytes) -> list[PbxEvent]:
    found = (translate(parse(block), PBX) for block in stream.split(b"\r\n\r\n") if block)
    return [event for event in found if event is not None]


def placed(call: str) -> AttemptPlaced:
    return AttemptPlaced(
        call=CallId(call),
        campaign=CampaignId("sale"),
        lead=LeadId(1),
        customer=CustomerId("k"),
        number_key=1,
        trunk=TrunkId("t"),
        server=PBX,
        caller_id="",
        mode="power",
    )


def replay(calls: set[str], stream: list[PbxEvent]) -> list[CallEnded]:
    """Every end the call table tells of these attempts, timers included."""
    table, ends, now = CallTable(), [], 0.0

    def tell(event: object) -> None:
        queue = [event]
        while queue:
            for out in table.on(queue.pop(0), now):
                if isinstance(out, SetTimer):
                    late.append(TimerFired(out.key))
                elif isinstance(out, Fact):
                    queue.append(out)
                    if isinstance(out, CallEnded):
                        ends.append(out)

    late: list[TimerFired] = []
    for call in sorted(calls):
        tell(placed(call))
    for event in stream:
        now += 0.001
        tell(event)
    for timer in late:
        tell(timer)
    assert not table.bridges
    return ends


def dialled(stream: list[PbxEvent]) -> set[str]:
    """The customers' legs: what was originated and is no agent's."""
    legs = {event.leg for event in stream if isinstance(event, OriginateEnded)}
    return {leg for leg in legs if not leg.startswith(("agent-", "sup-"))}


@pytest.mark.parametrize("path", [*OUTCOMES, *(f"v16/{name}" for name in V16)])
def test_recorded_call_ends_once_in_the_right_outcome(path: str) -> None:
    stream = events((CAPTURES / f"{path}.txt").read_bytes())
    calls = dialled(stream)
    assert calls
    ends = replay(calls, stream)
    assert {end.call: end.outcome for end in ends} == dict.fromkeys(calls, OUTCOMES[path.removeprefix("v16/")])
    assert len(ends) == len(calls)


def test_five_hundred_recorded_calls_end_once_each_three_fifths_answered() -> None:
    stream = events(gzip.decompress((ROOT / "benchmarks" / "data" / "load500.bin.gz").read_bytes()))
    calls = dialled(stream)
    ends = replay(calls, stream)
    assert len(calls) == len(ends) == 500
    outcomes = Counter(end.outcome for end in ends)
    assert outcomes[Outcome.ANSWERED] == 300
    assert outcomes[Outcome.UNKNOWN] == 0
