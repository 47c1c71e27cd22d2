"""Abandon contracts: what a call counts as, windows and their edges, several at once, debts and zero abandonment."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import AbandonContract, CampaignSettings
from dialer.abandonment import Budget
from dialer.contracts import As, Contracts, Decided, Way, bounds, counts_as
from dialer.forecast import Forecast
from dialer.pacing import PaceView, pacer_for
from dialer.recount import recounted
from telephony.detection import Heard, Then
from telephony.facts import (
    AbandonedBy,
    AttemptPlaced,
    CallAbandoned,
    CallConnected,
    CallEnded,
    CallScreened,
    CallWaiting,
    Fact,
)
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, ServerId, TrunkId
from telephony.outcomes import Outcome
from tests.dialer.floor import NOON, SALES, Agents, Floor, campaign, lead, pacing

ZONE = "Europe/Berlin"
PBX = ServerId("pbx1")
CASES = [
    AbandonContract(window="1 hour", target=0.03),
    AbandonContract(window="30 days", target=0.03, clock="amd_end", early="connected"),
    AbandonContract(window="day", target=0.05, late="connected", early="abandoned", machine_errors=0.07),
    AbandonContract(window="month", target=0.05, of="answered"),
    AbandonContract(window="campaign", target=0.0, threshold_s=5.0),
]


def kept(*contracts: AbandonContract, zone: str = ZONE) -> Contracts:
    found = Contracts(zone)
    found.changed(contracts)
    return found


def course(n: int, at: float, way: Way, waited_s: float, heard: bool) -> list[tuple[float, Fact]]:
    """A call's facts, decided at `at`."""
    call = CallId(f"c-{n}")
    told: list[tuple[float, Fact]] = [
        (
            at - waited_s - 5.0,
            AttemptPlaced(
                call=call,
                campaign=SALES,
                lead=LeadId(n),
                customer=CustomerId(f"k{n}"),
                number_key=n,
                trunk=TrunkId("t"),
                server=PBX,
                caller_id="",
                mode="predictive",
            ),
        )
    ]
    if heard:
        told.append((at - waited_s / 2, CallWaiting(call=call, campaign=SALES, server=PBX, agent=None)))
    if way is Way.MACHINE and n % 4 == 0:
        told.append((at, CallScreened(call=call, campaign=SALES, heard=Heard.MACHINE, then=Then.SAMPLE)))
        told.append((at + 1.0, CallConnected(call=call, agent=AgentId("1001"), waited_s=waited_s + 1.0)))
        return [*told, (at + 60.0, ended(call, n, Outcome.ANSWERED))]
    outcome = Outcome.MACHINE if way is Way.MACHINE else Outcome.ANSWERED
    if way is Way.CONNECTED:
        told.append((at, CallConnected(call=call, agent=AgentId("1001"), waited_s=waited_s)))
        told.append((at + 30.0, CallConnected(call=call, agent=AgentId("1002"), waited_s=waited_s + 30.0)))
    elif way is not Way.MACHINE:
        told.append((at, CallAbandoned(call=call, campaign=SALES, by=AbandonedBy(way.value), waited_s=waited_s)))
    end = at if way in (Way.MACHINE, Way.HUNG_UP) else at + 60.0
    told.append((end, ended(call, n, outcome)))
    return told


def ended(call: CallId, n: int, outcome: Outcome) -> CallEnded:
    return CallEnded(
        call=call,
        campaign=SALES,
        lead=LeadId(n),
        trunk=TrunkId("t"),
        server=PBX,
        outcome=outcome,
        agent=None,
        rang=True,
        ring_s=5.0,
        talk_s=0.0,
        hold_s=0.0,
        cause=16,
        tech_cause=None,
    )


AUTUMN = datetime(2026, 10, 25, tzinfo=ZoneInfo(ZONE)).timestamp()
"""Midnight of the day clocks are put back, one of whose days has 25 hours."""
edges = st.sampled_from([0.0, 60.0, 900.0, 3600.0, 86_400.0, 90_000.0, 7 * 86_400.0, 30 * 86_400.0, -86_400.0])
instants = st.builds(lambda edge, by: AUTUMN + edge + by, edges, st.integers(-3, 3).map(float) | st.floats(-4000, 4000))
calls = st.tuples(instants, st.sampled_from(Way), st.sampled_from([0.5, 2.0, 2.5, 4.0, 8.0]), st.booleans())


@settings(max_examples=150, deadline=None)
@given(st.lists(calls, max_size=40), st.lists(instants, max_size=4), instants, st.integers(0, 40))
def test_live_count_restarted_count_and_the_auditor_s_agree_to_the_unit(
    drawn: list[tuple[float, Way, float, bool]], looks: list[float], last: float, restart: int
) -> None:
    """In any order of calls, over midnights and the change of clocks, however often it is looked at in between."""
    drawn = sorted((one for one in drawn if one[0] <= last), key=lambda one: one[0])
    facts = sorted((f for n, one in enumerate(drawn) for f in course(n, *one)), key=lambda told: told[0])
    live = kept(*CASES)
    decided = [
        Decided(at, way, 0.0 if way is Way.MACHINE else waited_s, at - (at - waited_s / 2) if heard else None)
        for at, way, waited_s, heard in drawn
    ]
    due = sorted(look for look in looks if look <= last)
    for n, call in enumerate(decided):
        while due and due[0] < call.at:
            live.figures(due.pop(0))
        if n == restart:
            live = revived(decided[:n], call.at)
        live.decided(call)
    assert live.figures(last) == recounted(CASES, ZONE, SALES, facts, last)


def revived(before: Iterable[Decided], now: float) -> Contracts:
    """The counts after a restart: what the store adds up by slot is put in."""
    fresh = Contracts(ZONE)
    for contract in fresh.changed(CASES):
        step = fresh.counts[CASES.index(contract)]._step
        since = bounds(contract.window, ZONE, now)[0]
        slots = [(int(c.at // step) if step else 0, counts_as(contract, c), 1) for c in before if c.at >= since]
        fresh.put(contract, slots)
    return fresh


@pytest.mark.parametrize(
    ("contract", "call", "counted"),
    [
        (AbandonContract(), Decided(0.0, Way.CONNECTED, 2.0), As.CONNECTED),
        (AbandonContract(), Decided(0.0, Way.CONNECTED, 2.1), As.ABANDONED),
        (AbandonContract(late="connected"), Decided(0.0, Way.CONNECTED, 2.1), As.CONNECTED),
        (AbandonContract(clock="amd_end"), Decided(0.0, Way.CONNECTED, 3.0, 0.5), As.CONNECTED),
        (AbandonContract(), Decided(0.0, Way.HUNG_UP, 1.0), As.LEFT_OUT),
        (AbandonContract(early="connected"), Decided(0.0, Way.HUNG_UP, 1.0), As.CONNECTED),
        (AbandonContract(early="abandoned"), Decided(0.0, Way.HUNG_UP, 1.0), As.ABANDONED),
        (AbandonContract(), Decided(0.0, Way.HUNG_UP, 3.0), As.ABANDONED),
        (AbandonContract(threshold_s=9.0), Decided(0.0, Way.GIVEN_UP, 2.0), As.ABANDONED),
        (AbandonContract(), Decided(0.0, Way.MACHINE), As.MACHINE),
    ],
)
def test_a_call_counts_as_the_contract_says(contract: AbandonContract, call: Decided, counted: As) -> None:
    assert counts_as(contract, call) is counted


def test_machines_count_by_the_estimate_of_their_detector_s_errors() -> None:
    contracts = kept(AbandonContract(machine_errors=0.02, window="day"))
    for _ in range(98):
        contracts.decided(Decided(NOON, Way.CONNECTED))
    for _ in range(60):
        contracts.decided(Decided(NOON, Way.MACHINE))
    (found,) = contracts.figures(NOON)
    assert (found.abandoned, found.counted, found.rate) == (2, 100, 0.02)


def test_the_hour_rolls_and_the_day_ends_at_the_site_s_midnight() -> None:
    contracts = kept(AbandonContract(window="1 hour"), AbandonContract(window="day"), zone="Asia/Shanghai")
    midnight = datetime(2026, 11, 22, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
    for at in (midnight - 1800.0, midnight - 0.5, midnight):
        contracts.decided(Decided(at, Way.GIVEN_UP))
    assert [one.abandoned for one in contracts.figures(midnight)] == [3, 1]
    assert [one.abandoned for one in contracts.figures(midnight + 1801.0)] == [3, 1]
    assert [one.abandoned for one in contracts.figures(midnight + 1860.0)] == [2, 1]
    assert [one.counted for one in contracts.figures(midnight + 86_400.0)] == [0, 0]


def test_the_tightest_contract_decides_and_a_repaid_one_gives_way() -> None:
    hourly, monthly = AbandonContract(name="hourly", window="1 hour"), AbandonContract(window="month", target=0.02)
    contracts = kept(hourly, monthly)
    for _ in range(2000):
        contracts.decided(Decided(NOON, Way.CONNECTED))
    assert contracts.aim(NOON, 10.0).of.contract == monthly
    for _ in range(300):
        contracts.decided(Decided(NOON - 3000.0, Way.GIVEN_UP))
    assert contracts.aim(NOON, 10.0).target == 0.0
    for _ in range(40_000):
        contracts.decided(Decided(NOON + 3600.0, Way.CONNECTED))
    assert contracts.aim(NOON + 3600.0, 10.0).target == pytest.approx(0.02)


def test_two_contracts_that_count_alike_are_each_told_of_the_calls_of_before_once() -> None:
    strict, lax = AbandonContract(window="day", target=0.01), AbandonContract(name="lax", window="day", target=0.05)
    contracts = kept(strict, lax)
    for one in (strict, lax):
        contracts.put(one, [(int(NOON // 900), As.ABANDONED, 3)])
    assert [one.abandoned for one in contracts.figures(NOON)] == [3, 3]


def test_an_hourly_contract_is_undercut_by_the_scatter_of_an_hour() -> None:
    for agents, aimed in ((5, 0.020), (20, 0.025), (200, 0.0284)):
        contracts = kept(AbandonContract(window="1 hour", target=0.03))
        for n in range(44 * agents):
            contracts.decided(Decided(NOON + 3600.0 * n / (44 * agents), Way.CONNECTED))
        assert contracts.aim(NOON + 3600.0, 10.0).target == pytest.approx(aimed, abs=0.001)


def place(mode: str, budget: Budget, free: int = 3, pending: int = 1) -> tuple[int, str, dict[str, str]]:
    pacer = pacer_for(CampaignSettings(mode=mode), Forecast(25.0), budget)  # type: ignore[arg-type]
    view = PaceView(now=100.0, free=free, talking=40, wrapping=20, pending=[99.0] * pending, waiting=0, room=500)
    placement = pacer.place(view)
    return placement.count, placement.code, placement.words


@pytest.mark.parametrize("mode", ["predictive", "power"])
def test_zero_abandon_mode_never_places_a_call_beyond_free_agents(mode: str) -> None:
    for free in range(6):
        for pending in range(6):
            count, code, _ = place(mode, Budget(0.0), free, pending)
            assert count == max(0, free - pending)
            assert code == "pace.zero"


@pytest.mark.parametrize("mode", ["predictive", "power"])
def test_a_contract_without_room_leaves_calls_that_are_sure_of_an_agent_and_is_named(mode: str) -> None:
    budget = Budget(0.03)
    budget.obey("30 days", 0.03, 0.0, 0.052)
    count, code, words = place(mode, budget)
    assert (count, code) == (2, "pace.contract")
    assert (words["contract"], words["limit"], words["rate"]) == ("30 days", "3.0%", "5.20%")


def test_the_reason_of_a_forecast_names_the_contract_that_decides() -> None:
    budget = Budget(0.03)
    budget.obey("hourly", 0.03, 0.025, 0.01)
    assert place("predictive", budget)[2]["budget"] == "2.5% (hourly)"


def test_debt_of_the_store_s_window_steers_the_first_decision_after_a_restart() -> None:
    contract = AbandonContract(window="30 days", target=0.03)
    floor = Floor(
        campaign("predictive", abandon=[contract], pacing=pacing()),
        agents=Agents(3),
        leads=[lead(n) for n in range(1, 51)],
    )
    floor.agents.set(free=3, talking=30, wrapping=10)
    for name, one in floor.engine.uncounted():
        slot = int((floor.now - 5 * 86_400) // 900)
        if one.window == "30 days":
            floor.engine.recount(name, one, [(slot, As.CONNECTED, 9500), (slot, As.ABANDONED, 500)], floor.now)
    floor.ask("start")
    view = floor.engine.view("sales", floor.now)
    assert view is not None
    assert (view.reason_code, view.reason_words["contract"], view.reason_words["rate"]) == (
        "pace.contract",
        "30 days",
        "5.00%",
    )
    assert [(one.name, one.abandoned, one.left) for one in view.contracts] == [("pacing", 0, 0), ("30 days", 500, -200)]


def test_a_campaign_s_new_contract_is_told_to_be_recounted_and_the_others_are_not() -> None:
    floor = Floor(campaign("predictive"), agents=Agents(3))
    assert [one.window for _, one in floor.engine.uncounted()] == ["day"]
    hourly = AbandonContract(window="1 hour")
    floor.engine.reload({"sales": campaign("predictive", abandon=[hourly], pacing=pacing(target_abandon=0.01))}, NOON)
    assert floor.engine.uncounted() == [(CampaignId("sales"), hourly)]
    assert floor.engine.uncounted() == []
