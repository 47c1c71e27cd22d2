"""The windows of abandon contracts from the store: what a restart puts in, and what an auditor recounts, to the unit."""

from collections.abc import Sequence
from random import Random
from typing import Any

from alembic import command
from sqlalchemy import text

from config.model import AbandonContract
from dialer.books import taken_over
from dialer.contracts import Contracts, Way
from store import Store
from store.inline import InlineLedger
from store.opening import migrations
from store.recall import restored
from switchroom.abandonment import audited, counted_before
from telephony.detection import Heard, Then
from telephony.facts import AbandonedBy, CallAbandoned, CallAnswered, CallConnected, CallScreened, CallWaiting, Fact
from telephony.ids import AgentId, CallId, ServerId
from telephony.outcomes import Outcome
from tests.dialer.floor import Agents, Floor, campaign
from tests.store.trade import DAY, NOON, SPRING, ended, placed

ZONE = "Asia/Shanghai"
CONTRACTS = [
    AbandonContract(window="1 hour", early="connected"),
    AbandonContract(window="30 days", clock="amd_end"),
    AbandonContract(window="day", late="connected", machine_errors=0.3),
    AbandonContract(window="month", of="answered", early="abandoned"),
    AbandonContract(window="campaign", threshold_s=4.0),
]


def life(n: int, at: float, way: Way, waited_s: float, *, samples: bool = True) -> list[tuple[float, Fact]]:
    call, pbx = CallId(f"c-{n}"), ServerId("pbx")
    answered = at - waited_s
    told: list[tuple[float, Fact]] = [
        (answered - 8.0, placed(call, lead=n)),
        (answered, CallAnswered(call=call, campaign=SPRING, server=pbx)),
    ]
    if n % 3:
        told.append((answered + waited_s / 2, CallWaiting(call=call, campaign=SPRING, server=pbx, agent=None)))
    if way is Way.CONNECTED:
        told.append((at, CallConnected(call=call, agent=AgentId("1001"), waited_s=waited_s)))
        told.append((at + 40.0, CallConnected(call=call, agent=AgentId("1002"), waited_s=waited_s + 40.0)))
    elif way is not Way.MACHINE:
        told.append((at, CallAbandoned(call=call, campaign=SPRING, by=AbandonedBy(way.value), waited_s=waited_s)))
    if way is Way.MACHINE and samples and n % 4 == 0:
        told.append((at, CallScreened(call=call, campaign=SPRING, heard=Heard.MACHINE, then=Then.SAMPLE)))
        told.append((at + 1.0, CallConnected(call=call, agent=AgentId("1001"), waited_s=waited_s + 1.0)))
        return [*told, (at + 50.0, ended(call, Outcome.ANSWERED, lead=n))]
    outcome = Outcome.MACHINE if way is Way.MACHINE else Outcome.ANSWERED
    told.append((at + (0.0 if way is Way.MACHINE else 50.0), ended(call, outcome, lead=n)))
    return told


def a_trade(seed: int, many: int = 300, *, samples: bool = True) -> list[tuple[float, Fact]]:
    rng = Random(seed)
    spans = [300.0, 5000.0, 90_000.0, 20 * DAY, 45 * DAY]
    told: list[tuple[float, Fact]] = []
    for n in range(1, many):
        at = NOON - rng.random() * rng.choice(spans)
        at = round(at / 60.0) * 60.0 if rng.random() < 0.2 else at
        told += life(n, at, rng.choice(list(Way)), rng.choice([0.5, 2.0, 2.5, 6.0]), samples=samples)
    return sorted(told, key=lambda one: one[0])


def written(opened: Store, told: Sequence[tuple[float, Fact]], every: int) -> None:
    ledger = InlineLedger(opened, commit_every=every)
    for at, fact in told:
        ledger.submit([fact], at)
    ledger.close()


def put_in(opened: Store, until: float) -> Contracts:
    contracts = Contracts(ZONE)
    for one in contracts.changed(CONTRACTS):
        contracts.put(one, counted_before(opened, SPRING, one, ZONE, until))
    return contracts


def test_what_a_restart_puts_in_is_what_the_auditor_counts(opened: Store) -> None:
    told = a_trade(7)
    written(opened, told, 13)
    for at in (NOON, NOON + 60.0, NOON - 3000.0):
        assert put_in(opened, at).figures(at) == audited(opened, SPRING, CONTRACTS, ZONE, at)
    found = audited(opened, SPRING, CONTRACTS, ZONE, NOON + 60.0)
    assert [one.counted > 10 for one in found] == [True] * 5
    assert audited(opened, "other", CONTRACTS, ZONE, NOON)[4].counted == 0


def test_calls_of_a_database_from_before_are_decided_by_the_same_facts(sqlite_store: Store) -> None:
    written(sqlite_store, a_trade(11, 60, samples=False), 4096)
    at = NOON + 60.0
    before = put_in(sqlite_store, at).figures(at)
    config = migrations()
    with sqlite_store.writing.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0010")
    with sqlite_store.writing.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    with sqlite_store.reading.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM attempts WHERE decided_at IS NOT NULL")).scalar() == 59
    assert put_in(sqlite_store, at).figures(at) == before


class Life:
    """One life of a process: a dialler whose facts are written as they are told to it."""

    def __init__(self, opened: Store, now: float) -> None:
        self.opened = opened
        self.floor = Floor({SPRING: campaign("predictive", abandon=CONTRACTS)}, agents=Agents(0))
        for name, one in self.floor.engine.uncounted():
            self.floor.engine.recount(name, one, counted_before(opened, name, one, "UTC", now), now)
        self.floor.now = now
        self.floor.tell(restored(opened))
        self.ledger = InlineLedger(opened, commit_every=1)

    def tell(self, at: float, fact: Any) -> None:
        self.floor.now = at
        self.ledger.submit([fact], at)
        self.floor.engine.on(fact, at)


def test_a_call_given_up_before_a_crash_counts_once_when_its_end_is_told_after_it(opened: Store) -> None:
    given_up = CallAbandoned(call=CallId("c-1"), campaign=SPRING, by=AbandonedBy.SWITCHROOM, waited_s=2.0)
    first = Life(opened, NOON)
    for at, fact in life(1, NOON + 10.0, Way.GIVEN_UP, 2.0)[:-2]:
        first.tell(at, fact)
    first.tell(NOON + 10.0, given_up)
    second = Life(opened, NOON + 11.0)
    (call,) = restored(opened).calls
    assert call.abandoned
    assert taken_over(call).counted
    second.tell(NOON + 30.0, ended("c-1", Outcome.ANSWERED))
    view = second.floor.engine.view(SPRING, NOON + 31.0)
    assert view is not None
    assert [one.abandoned for one in view.contracts] == [1] * 6
    contracts = second.floor.engine._campaigns[SPRING].settings.contracts
    assert view.contracts == audited(opened, SPRING, contracts, "UTC", NOON + 31.0)
