"""A virtual floor with batches: the whole product on virtual time, managers' wishes at set instants."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import store
from simulator.clock import SetClock
from simulator.scenario import Scenario, load_scenario
from store.batches import Batch, BatchState, create_batch
from store.inline import InlineLedger
from store.intake import NewLead, add_leads
from store.leads import LeadBook
from store.recall import restored
from switchroom.batchwork import BatchWork
from switchroom.house import build
from switchroom.stockroom import Stockroom
from telephony.agents import CampaignAction, CampaignAsked
from telephony.batches import BatchClosed, BatchReleased, LeadsMoved
from telephony.facts import AttemptPlaced, Fact
from telephony.ids import CampaignId, CustomerId, LeadId
from telephony.views import StockView

SMOKE = CampaignId("smoke")


class BatchWorld:
    """`groups` are given to the agents in turn; every fact is kept with its instant in `told`."""

    def __init__(
        self, folder: Path, *, mode: str = "predictive", agents: int = 12, groups: Iterable[str] = ("",)
    ) -> None:
        scenario = load_scenario("smoke")
        line = scenario.campaign[0].model_copy(update={"mode": mode})
        self.scenario: Scenario = scenario.model_copy(update={"agents": agents, "campaign": [line]})
        self.clock = SetClock(scenario.starts_at)
        self.start = self.clock.now()
        settings = self.scenario.settings(folder)
        names = list(groups)
        crew = [
            one.model_copy(update={"group": names[place % len(names)]})
            for place, one in enumerate(settings.server.agent)
        ]
        self.server = settings.server.model_copy(update={"agent": crew})
        self.group = {one.id: one.group for one in crew}
        self.campaigns = settings.campaigns
        self.store = store.open(f"sqlite:///{folder}/world.db", durable=False, key=b"k" * 32)
        self.made = iter(self.scenario.made_leads(8.0))
        self.told: list[tuple[float, Fact]] = []
        self.seen: list[tuple[float, StockView]] = []
        self._unsettled: list[str] = []

    def bring(self, batch: str, count: int, share: float) -> None:
        """A list of so many customers, of which a share may be dialled at once."""
        create_batch(
            self.store,
            Batch(
                id=batch, campaign=SMOKE, file="list.csv", digest=batch, created_at=self.start, author="lee",
                state=BatchState.OPEN, rows=count, added=count, opened_at=self.start, share=share,
            ),
        )  # fmt: skip
        rows = []
        for _ in range(count):
            lead = next(self.made)
            rows.append(
                NewLead(
                    campaign=SMOKE, customer=CustomerId(lead.customer), number=lead.number, zones=("Asia/Shanghai",),
                    batch=batch, share=share, at=self.start,
                )
            )  # fmt: skip
        assert add_leads(self.store, rows).added == count

    def open(self) -> None:
        """Build the product and sign everybody in."""
        self.ledger = InlineLedger(self.store, on_committed=lambda facts: self.leads.on_facts(facts))
        self.leads = LeadBook(self.store, before_read=self.ledger.flush)
        self.exchanges = self.scenario.exchanges(self.clock)
        self.house = build(
            server=self.server,
            campaigns=self.campaigns,
            ledger=self.ledger,
            leads=self.leads,
            exchanges={exchange.server: exchange for exchange in self.exchanges},
            clock=self.clock.now,
        )
        self.work = BatchWork(self.store, self.server, self.campaigns)
        self.stockroom = Stockroom(self.store, self.server, self.house.dialer.opens)
        self.people = self.scenario.people_at_work(self.start, 8.0)
        for exchange in self.exchanges:
            exchange.subscribe(self.house.core.feed)
        self.house.outbox.watch(self._hear)
        self.house.outbox.watch(lambda now, facts: self.people.on_facts(facts, now))
        self.house.core.feed(restored(self.store))
        for exchange in self.exchanges:
            exchange.open()
        self.house.core.ask(CampaignAsked(actor="boss", campaign=SMOKE, action=CampaignAction.START))

    def close(self) -> None:
        self.ledger.close()
        self.store.close()

    def carry(self, facts: Iterable[Fact]) -> int:
        """Do what a manager wants; returns how many customers changed hands."""
        moved = 0
        for fact in facts:
            self.house.core.carry([fact])
            self.ledger.flush()
            moved += fact.count if isinstance(fact, LeadsMoved) else 0
        return moved

    def play(self, until: float, plan: dict[float, Callable[[], Any]] | None = None) -> None:
        """Go on until so many seconds from the start, carrying out the plan (by seconds from the start) and counting the
        stock every minute."""
        core, end = self.house.core, self.start + until
        wishes = sorted((self.start + at, act) for at, act in (plan or {}).items())
        minute = (self.clock.now() // 60 + 1) * 60
        while True:
            times = [minute, end, core.timers.next_at(), self.people.next_at()]
            times += [exchange.next_at() for exchange in self.exchanges]
            times += [wishes[0][0]] if wishes else []
            at = min(time for time in times if time is not None)
            self.clock.to(at)
            for exchange in self.exchanges:
                exchange.advance(at)
            core.fire_due(at)
            for ask in self.people.due(at):
                core.ask(ask)
            while self._unsettled:
                self.carry(self.work.settle(self._unsettled.pop(0)))
            while wishes and wishes[0][0] <= at:
                wishes.pop(0)[1]()
            if at >= minute:
                minute += 60
                self.ledger.flush()
                self.seen.extend((at - self.start, view) for view in self.stockroom.views)
                core.carry(self.stockroom.note(self.stockroom.count([SMOKE], at), self.house.dialer.views(at), at))
            if at >= end:
                return

    def of(self, kind: type[Any]) -> list[tuple[float, Any]]:
        """The facts of a kind, each with its seconds from the start."""
        return [(at - self.start, fact) for at, fact in self.told if isinstance(fact, kind)]

    def dialled(self) -> list[tuple[float, LeadId]]:
        return [(at, fact.lead) for at, fact in self.of(AttemptPlaced)]

    def leads_of(self, batch: str) -> set[LeadId]:
        from store.allocation import in_order

        return {lead for _, lead in in_order(self.store, batch)}

    def _hear(self, now: float, facts: Any) -> None:
        for fact in facts:
            self.told.append((now, fact))
            if isinstance(fact, LeadsMoved):
                self.stockroom.moved(fact.campaign)
            if isinstance(fact, BatchClosed | BatchReleased):
                self._unsettled.append(fact.batch)
