"""Supervisors on live calls: listen, whisper, barge, take over, and everything that ends it; pauses of recordings."""

from typing import Any

import pytest

from config.supervision import SupervisionSettings
from telephony.agents import AgentState, HangUpAsked, SignInAsked
from telephony.commands import CallSupervisor, HangUp, MoveSupervisor, MuteRecording, SendHome
from telephony.events import LegCreated
from telephony.facts import (
    Anomaly,
    CallConnected,
    CallLeft,
    InboundEnded,
    RecordingPaused,
    RecordingResumed,
    RecordingStarted,
)
from telephony.ids import AgentId, CallId, LegId, ServerId
from telephony.leads import PausedRecording, Restored
from telephony.oncall import CallHandedOver
from telephony.supervising import (
    CallTakenOver,
    Ear,
    EarOpened,
    KnownSupervision,
    PauseAsked,
    StepOutAsked,
    SuperviseAsked,
    SupervisionBegun,
    SupervisionEnded,
    SupervisionTurned,
    TakeOverAsked,
)
from tests.acd.callers_floor import PBX, CallersFloor

SERVICE = {"service": {"lines": ["100"]}}
BOTH_MODES = pytest.mark.parametrize("mode", ["nailed_up", "ring_each_call"])
NANCY = "nancy"
"""A supervisor who is no agent and has a phone in the settings."""


def talking(mode: str = "nailed_up", talk_s: float = 600.0, **settings: Any) -> tuple[CallersFloor, CallId]:
    """Agent 1001 talks to a caller; 9001 is an agent of no queue, signed in and not ready, nancy has a phone."""
    phones = {NANCY: {"asterisk": PBX, "endpoint": "PJSIP/9100"}}
    floor = CallersFloor(
        SERVICE,
        {"1001": ["service"], "9001": []},
        mode=mode,
        supervision=SupervisionSettings.model_validate({"phone": phones, **settings}),
    )
    floor.pbx.add_phone("PJSIP/9100")
    floor.open()
    floor.sign_in("1001")
    floor.ask(SignInAsked(actor="9001", agent=AgentId("9001")))
    floor.run(2.0)
    call = floor.call(talk_s=talk_s)
    floor.run(5.0)
    assert floor.state("1001") is AgentState.TALKING
    return floor, call


def refused(floor: CallersFloor, ask: Any) -> str:
    answer = floor.house.core.ask(ask)
    return answer.code if answer is not None else ""


def listen(floor: CallersFloor, call: CallId, who: str = NANCY, ear: Ear = Ear.LISTEN) -> None:
    floor.ask(SuperviseAsked(actor=who, call=call, ear=ear))
    floor.run(2.0)


def ended(floor: CallersFloor) -> list[tuple[str, str]]:
    return [(fact.actor, fact.why) for fact in floor.of(SupervisionEnded)]


@BOTH_MODES
@pytest.mark.parametrize("ear", list(Ear))
def test_supervisors_phone_is_called_and_let_into_the_call_in_the_way_he_asked(mode: str, ear: Ear) -> None:
    floor, call = talking(mode)
    listen(floor, call, ear=ear)
    begun = floor.of(SupervisionBegun)[0]
    assert (begun.actor, begun.call, begun.agent, begun.ear) == (NANCY, call, "1001", ear)
    opened = floor.of(EarOpened)[0]
    assert (opened.actor, opened.ear) == (NANCY, ear)
    (sent,) = floor.sent(CallSupervisor)
    assert isinstance(sent, CallSupervisor)
    assert (sent.way, sent.endpoint) == (ear.value, "PJSIP/9100")
    assert floor.state("1001") is AgentState.TALKING
    floor.ask(StepOutAsked(actor=NANCY))
    floor.run(2.0)
    assert ended(floor) == [(NANCY, "left")]
    assert floor.of(SupervisionEnded)[0].for_s == pytest.approx(1.8, abs=0.3)
    assert floor.state("1001") is AgentState.TALKING
    assert not [leg for leg in floor.pbx.legs if leg.startswith("v-")]
    assert not floor.of(Anomaly)
    floor.sound()


def test_supervisor_turns_from_listening_to_whispering_and_each_is_put_down() -> None:
    floor, call = talking()
    listen(floor, call)
    listen(floor, call, ear=Ear.WHISPER)
    listen(floor, call, ear=Ear.BARGE)
    assert [(f.was, f.ear) for f in floor.of(SupervisionTurned)] == [
        (Ear.LISTEN, Ear.WHISPER),
        (Ear.WHISPER, Ear.BARGE),
    ]
    assert [f.ear for f in floor.of(EarOpened)] == [Ear.LISTEN, Ear.WHISPER, Ear.BARGE]
    assert len(floor.sent(MoveSupervisor)) == 2


@BOTH_MODES
def test_ear_closes_when_the_customer_hangs_up(mode: str) -> None:
    floor, call = talking(mode, talk_s=10.0)
    listen(floor, call)
    floor.run(20.0)
    assert floor.of(InboundEnded, call=call)
    assert ended(floor) == [(NANCY, "call_over" if mode == "nailed_up" else "agent_left")]
    assert not [leg for leg in floor.pbx.legs if leg.startswith("v-")]


def test_ear_closes_when_the_agent_ends_the_call() -> None:
    floor, call = talking()
    listen(floor, call)
    floor.ask(HangUpAsked(actor="1001", agent=AgentId("1001")))
    floor.run(2.0)
    assert ended(floor) == [(NANCY, "call_over")]


def test_ear_closes_when_the_agents_phone_is_gone() -> None:
    floor, call = talking()
    listen(floor, call)
    floor.pbx.phone_hangs_up("PJSIP/1001")
    floor.run(1.0)
    assert [why for _, why in ended(floor)] == ["agent_left"]


def test_supervisor_who_hangs_up_is_off_the_call() -> None:
    floor, call = talking()
    listen(floor, call)
    floor.pbx.phone_hangs_up("PJSIP/9100")
    floor.run(1.0)
    assert ended(floor) == [(NANCY, "phone_gone")]
    assert floor.state("1001") is AgentState.TALKING


def test_supervisor_who_does_not_answer_opens_no_ear() -> None:
    floor, call = talking()
    floor.pbx.phones["PJSIP/9100"].answers_after_s = None
    listen(floor, call)
    floor.run(20.0)
    assert [why for _, why in ended(floor)] == ["no_answer"]
    assert floor.of(SupervisionEnded)[0].for_s == 0.0
    assert not floor.of(EarOpened)


def test_supervisor_in_his_seat_goes_into_the_call_and_back_and_takes_no_calls_meanwhile() -> None:
    floor, call = talking()
    listen(floor, call, who="9001")
    assert [command.back for command in floor.sent(MoveSupervisor)] == ["9001"]  # type: ignore[attr-defined]
    himself = floor.house.acd.agents[AgentId("9001")]
    assert himself.away
    assert not himself.phone_ready
    floor.ask(StepOutAsked(actor="9001"))
    floor.run(1.0)
    assert len(floor.sent(SendHome)) == 1
    assert not himself.away
    assert himself.phone_ready
    assert not floor.of(Anomaly)


def test_one_supervisor_is_on_one_call_and_refusals_say_why() -> None:
    floor, call = talking()
    floor.ask(SuperviseAsked(actor=NANCY, call=call, ear=Ear.LISTEN))
    asks = {
        "already_listening": SuperviseAsked(actor=NANCY, call=call, ear=Ear.LISTEN),
        "no_phone": SuperviseAsked(actor="nobody", call=call, ear=Ear.LISTEN),
        "call_gone": SuperviseAsked(actor="9001", call=CallId("c-gone"), ear=Ear.LISTEN),
        "own_call": SuperviseAsked(actor="1001", call=call, ear=Ear.LISTEN),
        "not_listening": StepOutAsked(actor="9001"),
        "supervisor_no_agent": TakeOverAsked(actor=NANCY, call=call),
    }
    for code, ask in asks.items():
        assert refused(floor, ask) == code


def test_supervisor_of_another_group_is_refused_where_the_settings_say_so() -> None:
    floor, call = talking(own_group_only=True)
    himself, agent = (floor.house.acd.agents[AgentId(id)] for id in ("9001", "1001"))
    himself.settings = himself.settings.model_copy(update={"group": "north"})
    assert refused(floor, SuperviseAsked(actor="9001", call=call, ear=Ear.LISTEN)) == "other_group"
    agent.settings = agent.settings.model_copy(update={"group": "north"})
    assert refused(floor, SuperviseAsked(actor="9001", call=call, ear=Ear.LISTEN)) == ""


@BOTH_MODES
@pytest.mark.parametrize("first", [True, False])
def test_supervisor_takes_the_customer_over_and_talk_is_charged_to_each_for_his_own_time(
    mode: str, first: bool
) -> None:
    floor, call = talking(mode)
    if first:
        listen(floor, call, who="9001")
    floor.run(10.0)
    floor.ask(TakeOverAsked(actor="9001", call=call))
    floor.run(3.0)
    assert floor.of(CallTakenOver)[0].agent == "1001"
    assert floor.of(CallHandedOver)[0].target == "9001"
    assert floor.state("9001") is AgentState.TALKING
    assert floor.state("1001") is AgentState.WRAP_UP
    assert [fact.agent for fact in floor.of(CallConnected, call=call)] == ["1001", "9001"]
    assert len(floor.of(RecordingStarted, call=call)) == 1
    assert not floor.of(RecordingResumed)
    floor.run(20.0)
    floor.ask(HangUpAsked(actor="9001", agent=AgentId("9001")))
    floor.run(2.0)
    parts = {fact.agent: fact.talk_s for fact in floor.of(CallLeft, call=call)}
    assert parts["9001"] == pytest.approx(22.5, abs=1.0)
    assert parts["1001"] > 10.0
    assert floor.of(InboundEnded, call=call)[0].talk_s == pytest.approx(sum(parts.values()), abs=0.1)
    floor.run(10.0)
    assert floor.state("9001") is AgentState.AUX
    assert not floor.of(Anomaly)
    floor.sound()


def test_supervision_open_at_a_restart_is_taken_up_where_the_pbx_still_has_it_and_orphans_are_hung_up() -> None:
    floor, call = talking()
    listen(floor, call)
    leg = floor.of(SupervisionBegun)[0].leg
    part = floor.house.supervision
    known = KnownSupervision(
        session="x", actor=NANCY, call=call, agent=AgentId("1001"), ear=Ear.LISTEN, leg=leg, server=PBX, opened_at=1.0
    )
    part._sessions.drop(part._sessions.by_actor[NANCY])
    floor.house.core.feed(Restored(supervisions=(known,)))
    floor.pbx.cut()
    floor.pbx.open()
    floor.run(1.0)
    assert [view.supervisor for view in part.views()] == [NANCY]
    part._sessions.drop(part._sessions.by_actor[NANCY])
    floor.pbx.cut()
    floor.pbx.open()
    floor.run(1.0)
    assert leg not in floor.pbx.legs


def test_supervisors_leg_that_comes_up_for_nobody_is_hung_up() -> None:
    floor, _ = talking()
    floor.house.core.feed(LegCreated(server=PBX, leg=LegId("v-stray"), linked=LegId("v-stray"), channel="PJSIP/9100-1"))
    assert HangUp(server=PBX, leg=LegId("v-stray")) in floor.commands


def test_link_cut_during_a_supervision_leaves_nothing_stuck() -> None:
    floor, call = talking(talk_s=20.0)
    listen(floor, call)
    floor.pbx.cut()
    floor.run(30.0)
    floor.pbx.open()
    floor.run(5.0)
    assert [who for who, _ in ended(floor)] == [NANCY]
    assert not [leg for leg in floor.pbx.legs if leg.startswith("v-")]


# pauses of recordings


def pause(floor: CallersFloor, call: CallId, wanted: bool = True) -> None:
    floor.ask(PauseAsked(actor="1001", call=call, pause=wanted))
    floor.run(1.0)


def test_recording_pauses_for_a_secret_and_goes_on_and_both_instants_are_kept() -> None:
    floor, call = talking()
    pause(floor, call)
    assert floor.pbx.legs[LegId(call)].muted
    floor.run(20.0)
    pause(floor, call, wanted=False)
    assert not floor.pbx.legs[LegId(call)].muted
    (resumed,) = floor.of(RecordingResumed)
    assert resumed.paused_s == pytest.approx(21.0, abs=0.1)
    assert resumed.why == "asked"
    assert refused(floor, PauseAsked(actor="1001", call=call, pause=False)) == "not_paused"


def test_agent_pauses_the_recording_of_the_call_he_has() -> None:
    floor, call = talking()
    floor.ask(PauseAsked(actor="1001", agent=AgentId("1001"), pause=True))
    floor.run(1.0)
    assert floor.of(RecordingPaused)[0].call == call
    assert refused(floor, PauseAsked(actor="9001", agent=AgentId("9001"), pause=True)) == "not_recorded"
    assert refused(floor, PauseAsked(actor="1001", call=call, pause=True)) == "already_paused"


def test_forgotten_pause_ends_by_itself_after_the_longest_time() -> None:
    floor, call = talking()
    pause(floor, call)
    floor.run(301.0)
    assert [fact.why for fact in floor.of(RecordingResumed)] == ["longest_pause"]
    assert not floor.pbx.legs[LegId(call)].muted


def test_pause_ends_with_the_call() -> None:
    floor, call = talking(talk_s=20.0)
    pause(floor, call)
    floor.run(30.0)
    assert [fact.why for fact in floor.of(RecordingResumed)] == ["call_over"]


def test_recording_paused_at_a_cut_or_a_restart_is_not_left_silent_for_ever() -> None:
    floor, call = talking()
    pause(floor, call)
    floor.pbx.cut()
    floor.run(310.0)
    assert floor.pbx.legs[LegId(call)].muted
    floor.pbx.open()
    floor.run(10.0)
    assert not floor.pbx.legs[LegId(call)].muted
    pause(floor, call)
    known = PausedRecording(
        call=call, agent=AgentId("1001"), server=ServerId(PBX), actor="1001", since=floor.clock.at, until=floor.clock.at
    )
    floor.house.core.feed(Restored(paused=(known,)))
    floor.run(5.0)
    assert not floor.pbx.legs[LegId(call)].muted
    assert floor.sent(MuteRecording)


def test_queue_that_is_not_recorded_has_no_recording_to_pause() -> None:
    floor = CallersFloor({"service": {"lines": ["100"], "record": False}}, {"1001": ["service"]})
    floor.at_work()
    call = floor.call(talk_s=60.0)
    floor.run(5.0)
    assert not floor.of(RecordingStarted)
    assert refused(floor, PauseAsked(actor="1001", call=call, pause=True)) == "not_recorded"


def test_ear_is_not_opened_before_the_audit_trail_has_it() -> None:
    floor, call = talking()
    held: list[Any] = []
    books = floor.house.outbox._ledger
    books.submit = lambda facts, now, on_durable=None: held.append(on_durable)  # type: ignore[method-assign]
    floor.ask(SuperviseAsked(actor=NANCY, call=call, ear=Ear.LISTEN))
    floor.run(0.5)
    assert not floor.sent(CallSupervisor)
    for on_durable in held:
        if on_durable is not None:
            on_durable()
    assert len(floor.sent(CallSupervisor)) == 1
