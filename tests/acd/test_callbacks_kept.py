"""Callbacks over a restart in every state, a store that stands still, and live callers who must not wait the longer."""

import random
from heapq import heappop, heappush

import pytest

from telephony.agents import AgentState
from telephony.facts import AttemptPlaced
from telephony.ids import CallId
from telephony.later import CallbackClosed, CallbackFiled, CallbackPutOff, ReadCallee, TellCallback, callback_of
from telephony.leads import OpenCall, Restored
from telephony.promises import CallbackState, KnownCallback

from .later_hall import NOON, SERVICE, Hall
from .test_callbacks import ANN, waiting


def known(hall: Hall, call: CallId, state: CallbackState, dialled: CallId | None = None) -> KnownCallback:
    """What the store would tell of the hall's callback after a crash."""
    (lead,) = hall.leads.values()
    return KnownCallback(
        callback=callback_of(call),
        call=call,
        queue=SERVICE,
        server=hall.pbx.server,
        since=NOON,
        state=state,
        lead=lead.id,
        customer=lead.customer,
        number_key=lead.number_key,
        dialled=dialled,
        tries=0,
        not_before=0.0,
    )


def back(before: Hall, restored: Restored) -> Hall:
    hall = Hall(1, ready=0, restored=restored, now=NOON + 100)
    hall.leads = dict(before.leads)
    return hall


@pytest.mark.parametrize("state", [CallbackState.WAITING, CallbackState.RESERVED])
def test_one_for_which_nothing_was_dialled_is_dialled_once_after_a_restart(state: CallbackState) -> None:
    before, call = waiting()
    hall = back(before, Restored(callbacks=(known(before, call, state),)))
    hall.sign_in(ANN)
    hall.passes(20)
    assert len(hall.dialled) == 1
    hall.customer_answers(hall.dialled[0].call)
    hall.hangs_up(hall.dialled[0].call)
    hall.passes(86_400)
    assert len(hall.dialled) == 1


def test_one_that_was_not_put_down_yet_is_closed_for_nothing_was_promised() -> None:
    before, call = waiting()
    hall = back(before, Restored(callbacks=(known(before, call, CallbackState.ASKED),)))
    assert [fact.why for fact in hall.facts(CallbackClosed)] == ["restart"]
    hall.sign_in(ANN)
    hall.passes(86_400)
    assert hall.dialled == []


def test_one_whose_call_is_under_way_is_not_dialled_again_and_ends_with_its_call() -> None:
    before, call = waiting()
    before.sign_in(ANN)
    (placed,) = before.facts(AttemptPlaced)
    under_way = OpenCall(
        call=placed.call,
        campaign=placed.campaign,
        lead=placed.lead,
        customer=placed.customer,
        trunk=placed.trunk,
        server=placed.server,
        caller_id="",
        mode="manual",
        placed_at=NOON,
        answered_at=None,
        connected_at=None,
        agent=ANN,
        recording=False,
        number_key=placed.number_key,
    )
    callbacks = (known(before, call, CallbackState.DIALLING, placed.call),)
    hall = back(before, Restored(calls=(under_way,), callbacks=callbacks))
    hall.nobody_answers(placed.call)
    assert hall.dialled == []
    assert [fact.callback for fact in hall.facts(CallbackPutOff)] == [callback_of(call)]
    hall.sign_in(ANN)
    hall.passes(901)
    assert len(hall.dialled) == 1


def test_one_whose_call_is_gone_waits_as_after_a_call_in_vain() -> None:
    before, call = waiting()
    hall = back(before, Restored(callbacks=(known(before, call, CallbackState.DIALLING, CallId("c-gone")),)))
    hall.sign_in(ANN)
    hall.passes(890)
    assert hall.dialled == []
    hall.passes(20)
    assert len(hall.dialled) == 1


def test_while_the_store_stands_still_nothing_is_promised_and_calls_go_on() -> None:
    hall = Hall(1, ready=0)
    hall.stalled = True
    asks, other = hall.calls(7), hall.calls(8)
    hall.wants_callback(asks, 7)
    hall.passes(6)
    assert [command.noted for command in hall.told(TellCallback)] == [False]
    assert [fact.why for fact in hall.facts(CallbackClosed)] == ["store"]
    hall.sign_in(ANN)
    assert hall.state(ANN) is AgentState.RESERVED
    assert hall.house.acd.agents[ANN].call == asks
    assert hall.house.acd.floor.queue.get(other) is not None
    hall.answers_late()
    assert hall.facts(CallbackFiled) == []


def test_a_store_that_stands_still_when_it_is_his_turn_keeps_no_agent() -> None:
    hall = Hall(1, ready=0)
    call = hall.calls(7)
    hall.stalled = False
    hall.wants_callback(call, 7)
    hall.commit()
    hall.leaves(call)
    hall.stalled = True
    hall.passes(700)
    hall.sign_in(ANN)
    assert hall.state(ANN) is AgentState.READY
    assert isinstance(hall.asked[-1], ReadCallee)
    hall.stalled = False
    hall.passes(30)
    assert len(hall.dialled) == 1


ASKING = 0.3


def served(*, called_back: bool, seed: int, callers: int = 300) -> tuple[list[float], int]:
    """Waits of the same callers, those who would never ask to be called back, in the same busy hours, whether the others
    are called back or wait too; and how many callbacks were dialled."""
    dice = random.Random(seed)
    hall = Hall(4, ready=4, callback={"share": 0.1, "after_s": 900.0})
    agenda: list[tuple[float, int, str, CallId]] = []
    at, talk, asks = NOON, {}, {}
    for n in range(1, callers + 1):
        at += dice.expovariate(1 / 38.0)
        talk[n], asks[n] = dice.expovariate(1 / 150.0), dice.random() < ASKING
        heappush(agenda, (at, n, "calls", CallId("")))
    who: dict[CallId, int] = {}
    came: dict[CallId, float] = {}
    waits: list[float] = []
    begun: set[CallId] = set()
    serial = callers
    while agenda:
        at, n, what, call = heappop(agenda)
        if at > hall.now:
            hall.passes(at - hall.now)
        match what:
            case "calls":
                call = hall.calls(n)
                who[call], came[call] = n, hall.now
                if called_back and asks[n] and hall.house.acd.floor.queue.get(call) is not None:
                    hall.wants_callback(call, n)
                    hall.commit()
                    hall.leaves(call)
            case "free":
                hall.frees(call)
            case "answers":
                hall.customer_answers(call)
                serial += 1
                heappush(agenda, (hall.now + talk[n], serial, "ends", call))
            case "ends":
                hall.hangs_up(call)
        for agent in hall.house.acd.agents.values():
            call = agent.call or CallId("")
            if call in begun or agent.state is not AgentState.RESERVED:
                continue
            begun.add(call)
            serial += 1
            if call in came:
                if not asks[who[call]]:
                    waits.append(hall.now - came[call])
                hall.live_talks(call, agent.id)
                heappush(agenda, (hall.now + talk[who[call]], serial, "free", call))
            else:
                placed = next(fact for fact in hall.facts(AttemptPlaced) if fact.call == call)
                heappush(agenda, (hall.now + 12.0, int(placed.lead), "answers", call))
    return waits, len(hall.dialled)


def test_live_callers_wait_no_longer_than_without_callbacks() -> None:
    for seed in (1, 2, 3):
        without, none = served(called_back=False, seed=seed)
        with_them, dialled = served(called_back=True, seed=seed)
        assert none == 0
        assert dialled > 10
        assert len(with_them) == len(without)
        assert sum(with_them) <= sum(without)
        assert sorted(with_them)[len(with_them) * 9 // 10] <= sorted(without)[len(without) * 9 // 10]
