"""Calls under answering machine detection in the dialler's books, and what it learns and counts of them."""

import pytest

from config.model import CampaignSettings
from dialer.amd.errors import Counted, Proportion, estimate
from dialer.amd.screening import Screening
from dialer.amd.stage import deadline_s, listen
from telephony.commands import Listen, Park
from telephony.detection import Heard, Then
from telephony.events import TimerFired
from telephony.facts import CallAnswered, CallConnected, CallScreened, CallWaiting
from telephony.ids import AgentId, CallId, CampaignId

from .floor import PBX, SALES, Agents, Floor, campaign, dialled, lead, only, placed, timers


def listening(**how: object) -> CampaignSettings:
    return campaign().model_copy(
        update={"amd": CampaignSettings.model_validate({"amd": {"stage": "asterisk", **how}}).amd}
    )


def one_call(how: CampaignSettings) -> tuple[Floor, CallId]:
    floor = Floor(how, agents=Agents(1), leads=[lead(1)])
    return floor, placed(floor.ask("start"))[0].call


def test_asterisk_gets_the_campaigns_arguments_and_no_more_time_than_patience_leaves() -> None:
    found = listen(CampaignSettings.model_validate({"amd": {"stage": "asterisk", "greeting_ms": 1200, "most_s": 9}}))
    assert found is not None
    assert found.arguments == (2500, 1200, 800, 1900, 100, 50, 2, 256, 5000)
    assert listen(CampaignSettings()) is None


def test_detector_of_the_house_is_asked_by_the_name_of_its_context() -> None:
    floor = Floor(listening(stage="dialplan", context="my-detector"), agents=Agents(1), leads=[lead(1)])
    assert [one.listen for one in dialled(floor.ask("start"))] == [Listen(most_s=1.8, context="my-detector")]


def test_customer_is_taken_from_a_detector_that_keeps_silent_within_his_patience() -> None:
    how = listening()
    floor, call = one_call(how)
    said = floor.tell(CallAnswered(call=call, campaign=SALES, server=PBX))
    assert [(one.key, round(one.at - floor.now, 6)) for one in timers(said)] == [(("amd", call), deadline_s(how))]
    assert deadline_s(how) <= how.pacing.patience_s
    assert [one.call for one in only(floor.tell(TimerFired(("amd", call))), Park)] == [call]


def test_customer_whose_detector_has_spoken_is_left_where_he_is() -> None:
    floor, call = one_call(listening())
    floor.tell(CallAnswered(call=call, campaign=SALES, server=PBX))
    floor.tell(CallWaiting(call=call, campaign=SALES, server=PBX, agent=None, amd="HUMAN"))
    assert not only(floor.tell(TimerFired(("amd", call))), Park)


def test_machine_that_is_left_a_message_waits_for_no_agent() -> None:
    floor, call = one_call(listening())
    books = floor.engine._outgoing.books
    floor.tell(CallAnswered(call=call, campaign=SALES, server=PBX))
    assert list(books.cell(SALES, PBX).listened) == [call]
    floor.tell(CallWaiting(call=call, campaign=SALES, server=PBX, agent=None, amd="MACHINE"))
    floor.tell(CallScreened(call=call, campaign=SALES, heard=Heard.MACHINE, then=Then.MESSAGE))
    assert books.unserved(SALES, PBX) == 0
    assert not books.cell(SALES, PBX).listened


def test_call_not_sure_that_goes_to_an_agent_is_learned_as_a_customer() -> None:
    floor, call = one_call(listening())
    forecast = floor.engine._campaigns[SALES].forecast
    floor.tell(CallAnswered(call=call, campaign=SALES, server=PBX))
    floor.tell(CallWaiting(call=call, campaign=SALES, server=PBX, agent=None, amd="NOTSURE"))
    assert forecast.outcomes == 0
    floor.tell(CallScreened(call=call, campaign=SALES, heard=Heard.UNSURE, then=Then.AGENT))
    assert forecast.outcomes == 1
    assert floor.engine._outgoing.books.unserved(SALES, PBX) == 1


def test_sample_of_machines_that_an_agent_takes_is_no_person_to_the_abandon_contract() -> None:
    floor, call = one_call(listening())
    floor.tell(CallAnswered(call=call, campaign=SALES, server=PBX))
    floor.tell(CallWaiting(call=call, campaign=SALES, server=PBX, agent=None, amd="MACHINE"))
    floor.tell(CallScreened(call=call, campaign=SALES, heard=Heard.MACHINE, then=Then.SAMPLE))
    floor.tell(CallConnected(call=call, agent=AgentId("1001"), waited_s=1.0))
    view = floor.engine.view("sales", floor.now)
    assert view is not None
    assert (view.connected, view.contracts[0].counted, view.abandon_rate) == (1, 0, None)


def test_longer_listening_makes_a_machine_likelier() -> None:
    screening = Screening(CampaignId("odds"))
    for n in range(300):
        human, machine = CallId(f"h-{n}"), CallId(f"m-{n}")
        screening.judged(human, Heard.HUMAN, 0.9 + (n % 5) / 10)
        screening.judged(machine, Heard.MACHINE, 1.55)
        screening.screened(machine, Then.HANG_UP)
    odds = screening.odds([100.0, 99.0, 98.55], 100.0)
    assert odds[0] == pytest.approx(0.5, abs=0.05)
    assert odds[0] > odds[1] > odds[2]
    assert odds[2] < 0.05


def test_what_agents_say_is_counted_once_a_call_and_the_last_word_holds() -> None:
    screening = Screening(CampaignId("said"))
    for n in range(4):
        screening.judged(CallId(f"m-{n}"), Heard.MACHINE, 1.5)
        screening.screened(CallId(f"m-{n}"), Then.SAMPLE if n < 2 else Then.HANG_UP)
    screening.judged(CallId("h"), Heard.HUMAN, 1.0)
    screening.disposed(CallId("m-0"), machine=True)
    screening.disposed(CallId("m-0"), machine=False)
    screening.disposed(CallId("m-1"), machine=True)
    screening.disposed(CallId("m-2"), machine=False)
    screening.disposed(CallId("h"), machine=True)
    assert screening.counted == Counted(
        heard_human=1, heard_machine=4, away=2, sampled=2, checked=2, checked_people=1,
        passed=1, spoken=1, spoken_machines=1,
    )  # fmt: skip


def test_wilsons_interval_stays_within_bounds_and_is_that_of_the_books() -> None:
    low, high = Proportion(10, 100).between()
    assert (low, high) == (pytest.approx(0.0552, abs=1e-4), pytest.approx(0.1744, abs=1e-4))
    assert Proportion(0, 20).between()[0] == 0.0
    assert Proportion(20, 20).between()[1] == 1.0
    assert Proportion().between() == (0.0, 1.0)


def test_rates_follow_from_sample_and_dispositions() -> None:
    found = estimate(
        Counted(
            heard_human=900, heard_machine=400, away=380, sampled=20, checked=20, checked_people=2,
            passed=900, spoken=450, spoken_machines=45,
        )
    )  # fmt: skip
    assert found.wrong_of_away.value == pytest.approx(0.1)
    assert found.people_lost.value == pytest.approx(38.0)
    assert found.false_positive.value == pytest.approx(40 / (40 + 810))
    assert found.false_negative.value == pytest.approx(90 / (90 + 360))
    for one in (found.wrong_of_away, found.people_lost, found.false_positive, found.false_negative):
        assert one.value is not None
        assert one.low < one.value < one.high


def test_without_a_sample_nothing_is_claimed() -> None:
    found = estimate(Counted(heard_human=10, heard_machine=10, away=10, passed=10))
    assert found.people_lost.value is None
    assert (found.people_lost.low, found.people_lost.high) == (0.0, 10.0)
    assert found.false_positive.value is None


def test_intervals_hold_in_at_least_nineteen_of_twenty_samples() -> None:
    import random

    rng, held = random.Random(3), 0
    people, machines, fp, fn, share = 700, 300, 0.04, 0.12, 0.1
    for _ in range(400):
        taken_people = sum(rng.random() < fp for _ in range(people))
        taken_machines = sum(rng.random() >= fn for _ in range(machines))
        checked_people = sum(rng.random() < share for _ in range(taken_people))
        checked_machines = sum(rng.random() < share for _ in range(taken_machines))
        sampled = checked_people + checked_machines
        passed = people + machines - taken_people - taken_machines
        counted = Counted(
            away=taken_people + taken_machines - sampled, sampled=sampled, checked=sampled,
            checked_people=checked_people, passed=passed, spoken=passed, spoken_machines=machines - taken_machines,
        )  # fmt: skip
        rates = estimate(counted)
        held += rates.false_positive.low <= fp <= rates.false_positive.high
    assert held >= 380
