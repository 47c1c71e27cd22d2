"""Answering machine detection on a real Asterisk: who is heard, why, and after how long, for people who say one word and
listen, machines that go on speaking, and lines on which nobody speaks."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from config.model import CampaignSettings
from dialer.amd.stage import listen
from simulator.legs import Ending, Fate
from telephony.calltable import CallTable
from telephony.commands import HangUp, LeaveMessage, Listen, Originate, Park
from telephony.detection import Heard
from telephony.events import LegAnswered, LegEnded, LegParked, OriginateEnded, PbxEvent
from telephony.facts import AttemptPlaced, CallEnded, CallJudged, CallScreened
from telephony.ids import CallId, CampaignId, CustomerId, LeadId, TrunkId, call_leg
from telephony.numbers import PhoneNumber
from tests.asterisk.rig.counting import CountingCarrier
from tests.contracts.asterisk_stage import AsteriskStage

pytestmark = pytest.mark.asterisk

PERSON, MACHINE, NOBODY = "13", "14", "15"
"""How the numbers begin of whoever is at the other end."""
CALLS = 5


class Customers:
    """Who answers: the number says it."""

    def fate(self, digits: str, now: float) -> Fate:
        kind = digits[-11:-9]
        return Fate(Ending.ANSWERS, ring_s=0.1, patience_s=60.0, amd="MACHINE" if kind == MACHINE else "HUMAN")


class Quiet(CountingCarrier):
    """Of whom nobody speaks who has a number of nobody's."""

    def _frame(self, party, n: int) -> bytes:  # type: ignore[no-untyped-def]
        return b"\xff" * 160 if party.note.number[-11:-9] == NOBODY else super()._frame(party, n)


@pytest_asyncio.fixture
async def carrier(stage: AsteriskStage) -> AsyncIterator[CountingCarrier]:
    async with Quiet(stage.rig.naming, Customers()) as carrier:
        yield carrier


class Ear:
    """Keeps a table of calls beside the stage, as the product does, and what it found."""

    def __init__(self, stage: AsteriskStage) -> None:
        self.stage, self.table = stage, CallTable()
        self.facts: list[object] = []
        see = stage._see

        def both(event: PbxEvent) -> None:
            self.hear(event)
            see(event)

        stage.link.subscribe(both)

    def hear(self, event: PbxEvent | AttemptPlaced | CallScreened) -> None:
        self.facts += self.table.on(event, time.time())

    def dial(self, kind: str, how: Listen) -> CallId:
        call = self.stage.call_id()
        campaign, trunk = CampaignId("amd"), TrunkId("naming")
        self.hear(
            AttemptPlaced(
                call=call, campaign=campaign, lead=LeadId(1), customer=CustomerId("1"), number_key=1, trunk=trunk,
                server=self.stage.server, caller_id="", mode="power",
            )
        )  # fmt: skip
        serial = len(self.table.calls)
        self.stage.exchange.perform(
            Originate(
                server=self.stage.server, call=call, campaign=campaign, number=PhoneNumber(f"+86{kind}8{serial:08}"),
                trunk=trunk, dial="PJSIP/{digits}@naming", caller_id="4001234567", ring_s=20.0, listen=how,
            )
        )  # fmt: skip
        return call

    def judged(self, call: CallId) -> CallJudged | None:
        return next((one for one in self.facts if isinstance(one, CallJudged) and one.call == call), None)

    async def verdict(self, call: CallId) -> CallJudged:
        await self.stage.sees(LegParked, leg=call_leg(call))
        judged = self.judged(call)
        assert judged is not None
        return judged

    async def verdicts(self, kind: str, how: Listen) -> list[CallJudged]:
        """What is heard of a few such calls, one after the other."""
        found = []
        for _ in range(CALLS):
            call = self.dial(kind, how)
            found.append(await self.verdict(call))
            self.stage.exchange.perform(HangUp(server=self.stage.server, leg=call_leg(call)))
        return found


@pytest_asyncio.fixture
async def ear(stage: AsteriskStage, carrier: CountingCarrier) -> Ear:
    return Ear(stage)


def asterisks(**how: object) -> Listen:
    made = listen(
        CampaignSettings.model_validate(
            {"amd": {"stage": "asterisk", "most_s": 5.0, **how}, "pacing": {"patience_s": 8.0}}
        )
    )
    assert made is not None
    return made


def mostly(found: list[CallJudged], of: Callable[[CallJudged], object]) -> object:
    return Counter(map(of, found)).most_common(1)[0][0]


async def test_person_who_says_a_word_and_listens_is_heard_to_be_one(ear: Ear) -> None:
    found = await ear.verdicts(PERSON, asterisks())
    assert mostly(found, lambda one: one.heard) is Heard.HUMAN
    assert mostly(found, lambda one: one.why) == "human"
    assert min(one.took_s for one in found) > 0.8


async def test_machine_that_goes_on_speaking_is_heard_to_be_one(ear: Ear) -> None:
    found = await ear.verdicts(MACHINE, asterisks())
    assert mostly(found, lambda one: one.heard) is Heard.MACHINE
    assert mostly(found, lambda one: one.why) in ("maxwords", "longgreeting")
    assert min(one.took_s for one in found) > 0.3


async def test_campaigns_own_arguments_reach_the_detector(ear: Ear) -> None:
    found = await ear.verdicts(PERSON, asterisks(after_greeting_silence_ms=2000))
    assert mostly(found, lambda one: one.heard) is Heard.HUMAN
    assert min(one.took_s for one in found) > 2.0


async def test_line_on_which_nobody_speaks_is_not_sure_once_its_time_is_over(ear: Ear) -> None:
    found = await ear.verdicts(NOBODY, asterisks(most_s=1.0))
    assert {one.heard for one in found} == {Heard.UNSURE}
    assert mostly(found, lambda one: one.why) == "toolong"
    assert min(one.took_s for one in found) > 0.8


async def test_detector_of_the_house_is_asked_and_its_word_comes_through(ear: Ear) -> None:
    judged = await ear.verdict(ear.dial(PERSON, Listen(context="house-detector")))
    assert (judged.heard, judged.why) == (Heard.MACHINE, "beep")


async def test_customer_is_taken_from_a_detector_that_is_stuck_and_counts_as_not_sure(ear: Ear) -> None:
    call = ear.dial(PERSON, Listen(context="stuck-detector"))
    await ear.stage.sees(LegAnswered, leg=call_leg(call))
    await ear.stage.passes(0.5)
    assert ear.judged(call) is None
    ear.stage.exchange.perform(Park(server=ear.stage.server, call=call))
    judged = await ear.verdict(call)
    assert (judged.heard, judged.why) == (Heard.UNSURE, "noverdict")


async def test_customer_is_not_lost_when_the_detector_does_not_exist(ear: Ear) -> None:
    judged = await ear.verdict(ear.dial(PERSON, Listen(context="nobodys-detector")))
    assert (judged.heard, judged.why) == (Heard.UNSURE, "noverdict")


async def test_machine_is_left_a_message_and_hung_up_on_by_itself(ear: Ear) -> None:
    call = ear.dial(NOBODY, Listen(context="house-detector"))
    judged = await ear.verdict(call)
    ear.hear(CallScreened(call=call, campaign=judged.campaign, heard=judged.heard, then="message"))  # type: ignore[arg-type]
    ear.stage.exchange.perform(LeaveMessage(server=ear.stage.server, call=call, message="beep"))
    await ear.stage.sees(LegEnded, leg=call_leg(call))
    await ear.stage.sees(OriginateEnded, leg=call_leg(call))
    assert [one.outcome for one in ear.facts if isinstance(one, CallEnded) and one.call == call] == ["machine"]
