"""From the caller's key to the conversation, and from the overflow to the mailbox, on the simulated PBX."""

from typing import Any

from config.model import CallingWindow, CampaignSettings
from telephony.agents import CampaignAction, CampaignAsked
from telephony.facts import CallConnected, CallQueued, CallSentOn, InboundEnded, Way
from telephony.ids import CampaignId, CustomerId, LeadId
from telephony.later import (
    CallbackClosed,
    CalleeFiled,
    CalleeRead,
    FileCallee,
    ReadCallee,
    VoicemailLeft,
)
from telephony.leads import Lead

from .callers_floor import CallersFloor

ANSWERS = "+10500000001"
"""To the scripted carrier: rings half a second, answers, never hangs up."""


def floor(**queue: Any) -> CallersFloor:
    leads: dict[int, Lead] = {}

    def wish(command: Any) -> None:
        if isinstance(command, FileCallee):
            lead = LeadId(len(leads) + 1)
            leads[lead] = Lead(
                id=lead, campaign=command.campaign, customer=CustomerId("k"), number=command.number, number_key=7,
                zones=("Asia/Shanghai",),
            )  # fmt: skip
            made.house.core.feed(CalleeFiled(about=command.about, lead=lead, customer=CustomerId("k"), number_key=7))
        elif isinstance(command, ReadCallee):
            made.house.core.feed(CalleeRead(about=command.about, lead=leads[command.lead]))

    always = [CallingWindow(begin="00:00", end="24:00")]
    back = CampaignSettings(mode="manual", windows=always, frequency=[], trunks=["trunk1"])
    settings = {"lines": ["*"], "callback": {"campaign": "back"}, "voicemail": {"campaign": "back"}, **queue}
    made = CallersFloor({"service": settings}, {"1001": ["service"]}, campaigns={"back": back}, later=wish)
    made.open()
    made.ask(CampaignAsked(actor="boss", campaign=CampaignId("back"), action=CampaignAction.START))
    return made


def test_a_key_pressed_while_waiting_leads_to_a_call_back_and_a_conversation() -> None:
    hall = floor()
    call = hall.call(number=ANSWERS)
    hall.run(5)
    hall.pbx.press(call, "1")
    hall.run(2)
    hall.pbx.press(call, "1")
    hall.run(5)
    assert [fact.way for fact in hall.of(CallSentOn)] == [Way.CALLBACK]
    assert [fact.call for fact in hall.of(InboundEnded)] == [call]
    hall.sign_in("1001")
    hall.run(10)
    (connected,) = hall.of(CallConnected)
    assert (connected.agent, connected.call != call) == ("1001", True)
    assert [fact.why for fact in hall.of(CallbackClosed)] == ["answered"]


def test_overflow_asks_and_who_presses_nothing_waits_on_in_his_place() -> None:
    hall = floor(overflow={"after_s": 10.0, "then": {"way": "callback"}})
    call = hall.call(number=ANSWERS)
    hall.run(40)
    assert [fact.way for fact in hall.of(CallSentOn)] == [Way.CALLBACK]
    assert [fact.why for fact in hall.of(CallQueued)] == ["", "stays"]
    hall.sign_in("1001")
    hall.run(10)
    assert [fact.call for fact in hall.of(CallConnected)] == [call]


def test_overflow_to_voicemail_takes_a_message() -> None:
    hall = floor(overflow={"after_s": 10.0, "then": {"way": "voicemail"}})
    call = hall.call(number=ANSWERS)
    hall.run(40)
    assert [(fact.call, fact.queue) for fact in hall.of(VoicemailLeft)] == [(call, "service")]
    assert [fact.call for fact in hall.of(InboundEnded)] == [call]
