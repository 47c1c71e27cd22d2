"""Managers' wishes about batches: what is done, what is refused, and what comes back by itself."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

import store
from config.model import AgentSettings, CampaignSettings, ServerSettings
from store import Store
from store.allocation import in_order, standings
from store.batches import Batch, BatchState, create_batch
from store.inline import InlineLedger
from store.intake import add_leads
from store.recall import restored
from switchroom.batchclock import BatchClock
from switchroom.batchwork import BatchRefused, BatchWork
from telephony.batches import BatchClosed, BatchOpened, BatchReleased, BatchTimed, LeadsMoved, LeadsRecovered
from telephony.commands import CancelTimer, SetTimer
from telephony.events import TimerFired
from telephony.facts import Fact, LeadRested
from telephony.ids import CampaignId, LeadId
from telephony.leads import Restored
from tests.store.trade import SPRING, customer

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()


BEGIN = at("2026-01-31 15:00")
CREW = [
    AgentSettings(id="1001", asterisk="pbx1", endpoint="PJSIP/1001", campaigns=["spring"], group="A"),
    AgentSettings(id="1002", asterisk="pbx1", endpoint="PJSIP/1002", campaigns=["autumn"], group="B"),
]


class Office:
    """A manager's desk over a database of its own, without a floor."""

    def __init__(self, opened: Store) -> None:
        self.store = opened
        server = ServerSettings(agent=CREW)
        campaigns = {name: CampaignSettings() for name in ("spring", "autumn")}
        self.work = BatchWork(opened, server, campaigns)
        self.ledger = InlineLedger(opened)
        self.now = BEGIN

    def bring(
        self, name: str, count: int, *, share: float = 1.0, first: int = 1, holder: str = "", **changes: object
    ) -> None:
        kept = Batch(
            id=name, campaign=SPRING, file="", digest=name, created_at=self.now, author="lee", state=BatchState.OPEN,
            rows=count, added=count, opened_at=self.now, share=share,
        )  # fmt: skip
        create_batch(self.store, msgspec.structs.replace(kept, **changes))
        made = [customer(serial) for serial in range(first, first + count)]
        more = {"batch": name, "share": share, "at": self.now, "holder": holder}
        add_leads(self.store, [msgspec.structs.replace(one, **more) for one in made])

    def carry(self, facts: Iterator[Fact]) -> list[Fact]:
        said = []
        for fact in facts:
            self.ledger.submit([fact], self.now)
            self.ledger.flush()
            said.append(fact)
        return said

    def allocate(self, holder: str, *, count: int | None = None, share: float | None = None, **how: str) -> int:
        order = how.get("order", "random")
        facts = self.work.allocate("b1", holder, count=count, share=share, order=order, actor="lee")
        return moved(self.carry(facts))

    def held(self, batch: str = "b1") -> dict[str, int]:
        return {one.holder: one.leads for one in standings(self.store, batch)}


def moved(facts: list[Fact]) -> int:
    return sum(fact.count for fact in facts if isinstance(fact, LeadsMoved))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = store.open(f"sqlite:///{tmp_path}/office.db")
    yield Office(opened)
    opened.close()


def test_a_portion_is_given_by_count_or_by_share(office: Office) -> None:
    office.bring("b1", 2500)
    assert office.allocate("group:A", count=1200) == 1200
    assert office.allocate("agent:1001", share=0.1) == 250
    assert office.held() == {"": 1050, "agent:1001": 250, "group:A": 1200}
    assert office.allocate("group:A", count=5000) == 1050, "what there is"
    with pytest.raises(BatchRefused, match="batch_none_free"):
        office.allocate("group:A", count=1)


def test_who_came_in_first_is_given_first_when_so_ordered(office: Office) -> None:
    office.bring("b1", 10)
    office.carry(office.work.allocate("b1", "group:A", count=3, share=None, order="oldest", actor="lee"))
    with office.store.reading.begin() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM leads WHERE holder = 'group:A' ORDER BY id").all()
    assert [row[0] for row in rows] == [1, 2, 3]


def test_what_is_not_released_is_not_allocated(office: Office) -> None:
    office.bring("b1", 300, share=0.0)
    with pytest.raises(BatchRefused, match="batch_none_free"):
        office.allocate("group:A", count=10)


def test_a_portion_is_refused_to_who_could_never_dial_it(office: Office) -> None:
    office.bring("b1", 10)
    with pytest.raises(BatchRefused, match="batch_no_such_group") as refused:
        office.allocate("group:B", count=1)
    assert refused.value.words == {"group": "B", "campaign": "spring", "groups": "A"}
    with pytest.raises(BatchRefused, match="batch_no_such_agent"):
        office.allocate("agent:1002", count=1)


def test_what_is_withdrawn_waits_until_it_is_given_anew_or_released(office: Office) -> None:
    office.bring("b1", 100)
    office.allocate("group:A", count=60)
    assert moved(office.carry(office.work.withdraw("b1", "group:A", count=20, actor="lee"))) == 20
    assert office.held() == {"": 40, "-": 20, "group:A": 40}
    assert list(office.work.settle("b1")) == [], "a restart does not hand it out again"
    office.carry(office.work.release("b1", 1.0, recovered=False, actor="lee"))
    assert office.held()["-"] == 20
    office.carry(office.work.release("b1", 1.0, recovered=True, actor="lee"))
    assert office.held() == {"": 60, "group:A": 40}
    assert moved(office.carry(office.work.withdraw("b1", None, count=None, actor="lee"))) == 40
    with pytest.raises(BatchRefused, match="batch_none_held"):
        list(office.work.withdraw("b1", "group:A", count=None, actor="lee"))


def test_stages_go_up_and_down_and_the_later_holds_the_earlier(office: Office) -> None:
    office.bring("b1", 1000, share=1 / 3)
    order = in_order(office.store, "b1")

    def released() -> set[int]:
        with office.store.reading.begin() as connection:
            return {row[0] for row in connection.exec_driver_sql("SELECT id FROM leads WHERE holder = ''")}

    assert released() == {lead for place, lead in order if place < 1 / 3}
    office.carry(office.work.release("b1", 0.6, recovered=False, actor="lee"))
    assert released() == {lead for place, lead in order if place < 0.6}
    office.carry(office.work.release("b1", 0.2, recovered=False, actor="lee"))
    assert released() == {lead for place, lead in order if place < 0.2}
    office.carry(office.work.release("b1", 1.0, recovered=False, actor="lee"))
    assert len(released()) == 1000


def test_what_a_list_gives_to_a_group_is_that_groups_when_it_is_released_and_nobodys_before(office: Office) -> None:
    office.bring("b1", 200, share=0.25, holder="group:A")
    first = office.held()
    assert set(first) == {"group:A", "-"}
    with pytest.raises(BatchRefused, match="batch_none_free"):
        office.allocate("agent:1001", count=1)
    office.carry(office.work.release("b1", 0.5, recovered=False, actor="lee"))
    assert first["group:A"] < office.held()["group:A"] < 200
    office.carry(office.work.release("b1", 1.0, recovered=False, actor="lee"))
    assert office.held() == {"group:A": 200}


def test_a_release_cut_off_half_way_is_finished_at_the_next_start(office: Office) -> None:
    office.bring("b1", 3000, share=0.0)
    facts = office.work.release("b1", 1.0, recovered=False, actor="lee")
    for _ in range(2):
        office.carry(iter([next(facts)]))
    facts.close()  # type: ignore[attr-defined]
    assert office.held() == {"": 1000, "-": 2000}
    for life in office.work.unsettled():
        office.carry(office.work.settle(life.id))
    assert office.held() == {"": 3000}


def test_a_closing_cut_off_half_way_is_finished_at_the_next_start(office: Office) -> None:
    office.bring("b1", 2500)
    office.carry(office.work.close("b1", None, now=office.now, actor="lee"))
    office.carry(iter([next(office.work.settle("b1"))]))
    assert office.held() == {"": 1500, "!": 1000}
    (life,) = office.work.unsettled()
    office.carry(office.work.settle(life.id))
    assert office.held() == {"!": 2500}
    assert office.work.unsettled() == []


@pytest.mark.parametrize(
    ("today", "back"), [("2026-11-29 23:59", 0), ("2026-11-30 00:00", 100), ("2027-06-01 09:00", 100)]
)
def test_what_was_handed_out_comes_back_after_ten_months_also_when_the_server_was_off(
    office: Office, today: str, back: int
) -> None:
    office.bring("b1", 120)
    office.allocate("group:A", count=70)
    office.carry(iter([LeadRested(lead=LeadId(lead), due=None, why="no_rule") for lead in range(1, 21)]))
    office.now = at(today)
    facts = office.carry(office.work.recover(office.now))
    assert moved(facts) == back
    assert {fact.why for fact in facts if isinstance(fact, LeadsRecovered)} == ({"age"} if back else set())
    assert office.held().get("-", 0) == back
    assert moved(office.carry(office.work.recover(office.now))) == 0


def test_what_was_handed_out_again_begins_its_months_anew(office: Office) -> None:
    office.bring("b1", 10)
    office.now = at("2026-06-30 10:00")
    office.allocate("group:A", count=10)
    assert moved(office.carry(office.work.recover(at("2027-04-29 10:00")))) == 0
    assert moved(office.carry(office.work.recover(at("2027-04-30 10:00")))) == 10


def test_a_closed_batch_gives_nothing_back_and_takes_no_wish(office: Office) -> None:
    office.bring("b1", 10)
    office.carry(office.work.close("b1", None, now=office.now, actor="lee"))
    office.carry(office.work.settle("b1"))
    assert office.held() == {"!": 10}
    assert office.carry(office.work.recover(at("2028-01-01 09:00"))) == []
    with pytest.raises(BatchRefused, match="batch_closed"):
        office.allocate("group:A", count=1)
    with pytest.raises(BatchRefused, match="unknown_batch"):
        office.work.life("nobody")


def test_a_successor_waits_until_the_cut_over(office: Office) -> None:
    office.bring("b1", 10)
    office.bring("b2", 10, first=100)
    until = office.now + 3600
    facts = office.carry(office.work.cutover("b1", "b2", until, share=0.5, now=office.now, actor="lee"))
    assert office.held("b2") == {"-": 10}
    timed = BatchTimed(batch="b1", campaign=SPRING, actor="lee", close_at=until, successor="b2", share=0.5)
    assert facts[-1] == timed
    assert restored(office.store).timed == (msgspec.structs.replace(timed, actor=""),)
    office.carry(office.work.keep_open("b1", actor="lee"))
    assert restored(office.store).timed == ()
    with pytest.raises(BatchRefused, match="batch_no_end"):
        list(office.work.keep_open("b1", actor="lee"))


def test_only_another_batch_of_the_same_campaign_succeeds(office: Office) -> None:
    office.bring("b1", 1)
    office.bring("b2", 1, first=100, campaign=CampaignId("autumn"))
    office.bring("b3", 1, first=200, state=BatchState.IMPORTING)
    for successor, code in (("b1", "wrong_successor"), ("b2", "wrong_successor"), ("b3", "importing")):
        with pytest.raises(BatchRefused, match=f"batch_{code}"):
            list(office.work.cutover("b1", successor, office.now, share=1.0, now=office.now, actor="lee"))


def test_a_trial_is_exactly_as_large_as_asked_for(office: Office) -> None:
    office.bring("b1", 400, share=1 / 3)
    office.carry(office.work.trial("b1", count=37, share=None, actor="lee"))
    assert office.held() == {"": 37, "-": 363}
    office.carry(office.work.trial("b1", count=None, share=0.25, actor="lee"))
    assert office.held() == {"": 100, "-": 300}
    office.carry(office.work.trial("b1", count=400, share=None, actor="lee"))
    assert office.held() == {"": 400}
    with pytest.raises(BatchRefused, match="batch_empty"):
        list(office.work.trial("b1", count=None, share=0.0, actor="lee"))


def test_targets_are_kept(office: Office) -> None:
    office.bring("b1", 4)
    office.carry(office.work.aim("b1", connect_rate=0.3, success_rate=0.02, calls_per_hour=12, actor="lee"))
    targets = office.work.life("b1").targets
    assert targets is not None
    assert (targets.connect_rate, targets.success_rate, targets.calls_per_hour) == (0.3, 0.02, 12)


def test_the_clock_closes_one_and_opens_the_other_in_one_drain() -> None:
    clock = BatchClock()
    end = BatchTimed(batch="b1", campaign=SPRING, close_at=100.0, successor="b2", share=0.5)
    assert list(clock.on(Restored(timed=(end,)), 50.0)) == [SetTimer(key=("batch_end", "b1"), at=100.0)]
    assert list(clock.on(TimerFired(("batch_end", "b1")), 100.0)) == [
        BatchClosed(batch="b1", campaign=SPRING, why="cutover"),
        BatchOpened(batch="b2", campaign=SPRING, predecessor="b1"),
        BatchReleased(batch="b2", campaign=SPRING, share=0.5),
    ]
    assert list(clock.on(TimerFired(("batch_end", "b1")), 101.0)) == []
    assert list(clock.on(TimerFired(("tick", "b1")), 101.0)) == []


def test_a_set_end_is_moved_and_taken_back() -> None:
    clock = BatchClock()
    first = BatchTimed(batch="b1", campaign=SPRING, close_at=100.0)
    clock.on(first, 50.0)
    later = msgspec.structs.replace(first, close_at=200.0)
    assert list(clock.on(later, 60.0)) == [SetTimer(key=("batch_end", "b1"), at=200.0)]
    never = msgspec.structs.replace(first, close_at=None)
    assert list(clock.on(never, 70.0)) == [CancelTimer(key=("batch_end", "b1"))]
    assert list(clock.on(TimerFired(("batch_end", "b1")), 200.0)) == []
    clock.on(first, 80.0)
    assert list(clock.on(BatchClosed(batch="b1", campaign=SPRING, why="asked"), 90.0)) == [
        CancelTimer(key=("batch_end", "b1"))
    ]
