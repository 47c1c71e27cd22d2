"""Agents who let it ring or decline, and phones that are gone or in a call of their own."""

import pytest

from telephony.agents import AgentState, ReadyAsked
from telephony.commands import SetTimer
from telephony.events import DeviceChanged, TimerFired
from telephony.facts import AgentChanged, CallConnected, CallLeft, CallOffered, CallWaiting, OfferFailed
from telephony.ids import AgentId, CallId
from telephony.leads import KnownAgent, Restored

from .test_engine import PBX, SALE, Floor, of

S = AgentState
ONE = AgentId("1001")


def floor_with(agents: int = 1, **no_answer: object) -> Floor:
    floor = Floor(agents=agents, mode="ring_each_call", no_answer=no_answer, ring_s=15.0)
    for n in range(agents):
        floor.sign_in(str(1001 + n))
    return floor


def misses(floor: Floor, call: str = "c-1", why: str = "NOANSWER", rings_s: float = 15.0) -> list:
    """The phone rings for that call and nobody takes it; the caller waits again."""
    floor.customer(call)
    floor.now += rings_s
    said = floor.tell(OfferFailed(call=CallId(call), agent=ONE, why=why))
    return said + floor.tell(CallWaiting(call=CallId(call), campaign=SALE, server=PBX, agent=None))


def device(floor: Floor, state: str, agent: str = "1001") -> list:
    return floor.tell(DeviceChanged(server=PBX, endpoint=f"PJSIP/{agent}", state=state))


def shown(floor: Floor, agent: str = "1001") -> tuple[AgentState, str]:
    return floor.agent(agent).state, floor.agent(agent).reason


def test_first_miss_puts_him_aside_and_he_is_back_by_himself_when_his_time_is_over() -> None:
    floor = floor_with(misses=2, penalty_s=20.0)
    said = misses(floor)
    assert shown(floor) == (S.AUX, "missed")
    (timer,) = [each for each in of(said, SetTimer) if each.key == ("aside", "1001")]
    floor.now = timer.at
    said = floor.tell(TimerFired(("aside", "1001")))
    assert [offer.call for offer in of(said, CallOffered)] == ["c-1"], "nobody else was free, so he has him after all"


def test_so_many_misses_in_a_row_make_him_not_ready_and_a_call_taken_counts_them_anew() -> None:
    floor = floor_with(misses=2, penalty_s=1.0)
    misses(floor)
    floor.tell(TimerFired(("aside", "1001")), CallConnected(call=CallId("c-1"), agent=ONE, waited_s=20.0))
    floor.tell(CallLeft(call=CallId("c-1"), agent=ONE), TimerFired(("wrap_up", "1001")))
    misses(floor, "c-2")
    assert shown(floor) == (S.AUX, "missed")
    floor.tell(TimerFired(("aside", "1001")))
    floor.now += 15
    floor.tell(OfferFailed(call=CallId("c-2"), agent=ONE, why="NOANSWER"))
    assert shown(floor) == (S.AUX, "no_answer")
    floor.tell(TimerFired(("aside", "1001")))
    assert floor.agent().state is S.AUX
    floor.tell(ReadyAsked(actor="1001", agent=ONE))
    assert floor.agent().state is S.READY


def test_even_after_many_misses_he_may_come_back_by_himself_and_is_never_signed_out() -> None:
    floor = floor_with(misses=1, then="aside", then_s=300.0)
    for n in range(20):
        misses(floor, f"c-{n}")
        assert shown(floor) == (S.AUX, "no_answer")
        assert floor.agent().back_at == pytest.approx(floor.agent().since + 300.0)
        floor.tell(TimerFired(("aside", "1001")))
        assert floor.agent().state is not S.LOGGED_OUT
        floor.tell(CallConnected(call=CallId(f"c-{n}"), agent=ONE, waited_s=20.0))
        floor.tell(CallLeft(call=CallId(f"c-{n}"), agent=ONE), TimerFired(("wrap_up", "1001")))
    assert all(each.now is not S.LOGGED_OUT for each in of(floor.said, AgentChanged))


@pytest.mark.parametrize("rejected", ["free", "aside"])
def test_caller_he_did_not_take_goes_to_another_who_is_free_and_not_to_him_again(rejected: str) -> None:
    floor = floor_with(agents=2, rejected=rejected, penalty_s=0.0)
    said = misses(floor, why="BUSY", rings_s=2.0)
    assert [offer.agent for offer in of(said, CallOffered)] == ["1002"]
    assert shown(floor) == (S.AUX, "rejected")
    floor.now += 1
    floor.tell(TimerFired(("aside", "1001")))
    assert floor.agent().state is S.READY


@pytest.mark.parametrize(
    ("rejected", "why", "rings_s", "reason"),
    [
        ("miss", "BUSY", 2.0, "no_answer"),
        ("not_ready", "BUSY", 2.0, "rejected"),
        ("not_ready", "NOANSWER", 3.0, "rejected"),
        ("not_ready", "NOANSWER", 15.0, "no_answer"),
    ],
)
def test_declining_is_told_from_letting_it_ring(rejected: str, why: str, rings_s: float, reason: str) -> None:
    floor = floor_with(rejected=rejected)
    misses(floor, why=why, rings_s=rings_s)
    assert shown(floor) == (S.AUX, reason)
    assert floor.agent().back_at is None


def test_whoever_was_aside_before_a_restart_comes_back_when_he_would_have() -> None:
    floor = floor_with(misses=3, penalty_s=20.0)
    known = KnownAgent(
        agent=ONE, state=S.AUX, reason="missed", since=floor.now - 5, mode=floor.agent().mode, server=PBX, seat=None,
        call=None,
    )  # fmt: skip
    again = Floor(agents=1, mode="ring_each_call", no_answer={"misses": 3, "penalty_s": 20.0})
    (timer,) = of(again.tell(Restored(agents=(known,))), SetTimer)
    assert (timer.key, timer.at) == (("aside", "1001"), known.since + 20.0)
    again.tell(TimerFired(("aside", "1001")))
    assert again.agent().state is S.READY


def test_phone_that_is_not_registered_vetoes_its_free_agent_at_once_and_lets_him_back() -> None:
    floor = floor_with()
    device(floor, "UNAVAILABLE")
    assert shown(floor) == (S.AUX, "phone_lost")
    assert not of(floor.customer(), CallOffered)
    floor.now += 5
    said = device(floor, "NOT_INUSE")
    assert [offer.agent for offer in of(said, CallOffered)] == ["1001"], "the customer who waited reaches him"


def test_private_call_vetoes_while_it_lasts_and_our_own_ring_does_not() -> None:
    floor = floor_with()
    device(floor, "INUSE")
    assert shown(floor) == (S.AUX, "phone_in_use")
    floor.now += 60
    device(floor, "NOT_INUSE")
    assert floor.agent().state is S.READY
    floor.customer()
    device(floor, "RINGING")
    assert floor.agent().state is S.RINGING
    floor.tell(CallConnected(call=CallId("c-1"), agent=ONE, waited_s=1.0))
    device(floor, "INUSE")
    assert floor.agent().state is S.TALKING
    floor.tell(CallLeft(call=CallId("c-1"), agent=ONE))
    device(floor, "NOT_INUSE")
    floor.tell(TimerFired(("wrap_up", "1001")))
    assert floor.agent().state is S.READY


def test_agent_who_phones_on_his_own_in_wrap_up_is_aside_until_he_has_done() -> None:
    floor = floor_with()
    floor.talk()
    floor.tell(CallLeft(call=CallId("c-1"), agent=ONE))
    device(floor, "INUSE")
    floor.tell(TimerFired(("wrap_up", "1001")))
    assert shown(floor) == (S.AUX, "phone_in_use")
    floor.now += 9
    device(floor, "NOT_INUSE")
    assert floor.agent().state is S.READY


def test_phone_unregistered_during_the_conversation_makes_him_not_ready_after_it() -> None:
    floor = floor_with()
    floor.talk()
    device(floor, "UNAVAILABLE")
    assert floor.agent().state is S.TALKING
    floor.tell(CallLeft(call=CallId("c-1"), agent=ONE), TimerFired(("wrap_up", "1001")))
    assert shown(floor) == (S.AUX, "phone_lost")


def test_agent_who_is_at_lunch_does_not_come_back_because_his_phone_does() -> None:
    floor = floor_with()
    floor.agent().wants_ready = False
    floor.agent().state, floor.agent().reason = S.AUX, "lunch"
    device(floor, "UNAVAILABLE")
    device(floor, "NOT_INUSE")
    assert shown(floor) == (S.AUX, "lunch")


def test_phone_nobody_knew_to_be_gone_is_known_to_be_after_it_could_not_be_rung() -> None:
    floor = floor_with(misses=1)
    misses(floor, why="CHANUNAVAIL", rings_s=0.1)
    assert shown(floor) == (S.AUX, "phone_lost")
    floor.now += 60
    device(floor, "NOT_INUSE")
    assert floor.agent().state in (S.RINGING, S.READY)


def test_flood_of_device_states_changes_nothing_and_says_nothing() -> None:
    floor = floor_with()
    before = len(floor.said)
    for n in range(10_000):
        floor.engine.on(DeviceChanged(server=PBX, endpoint=f"PJSIP/{5000 + n % 50}", state="INUSE"), floor.now)
        floor.engine.on(DeviceChanged(server=PBX, endpoint="PJSIP/1001", state="NOT_INUSE"), floor.now)
    assert len(floor.said) == before
    assert floor.agent().state is S.READY


def test_flapping_phone_is_let_back_once_a_second_at_most() -> None:
    floor = floor_with()
    changes = []
    for n in range(200):
        queue = [DeviceChanged(server=PBX, endpoint="PJSIP/1001", state=("UNAVAILABLE", "NOT_INUSE")[n % 2])]
        while queue:
            out = list(floor.engine.on(queue.pop(0), floor.now + n / 1000))
            changes += of(out, AgentChanged)
            queue += of(out, AgentChanged)
    assert len(changes) == 1
    floor.now += 2
    floor.tell(TimerFired(("phone_back", "1001")))
    assert floor.agent().state is S.READY
