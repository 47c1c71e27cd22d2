"""The dialler over its own store, ended and begun again: who may be called when is not forgotten with the process."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

import store
from config.model import CampaignSettings, RetryRule
from dialer.donotcall.bars import Bars
from dialer.engine import DialerEngine
from store.barred import in_force
from store.inline import InlineLedger
from store.intake import NewLead, add_leads
from store.leads import LeadBook
from store.recall import restored
from telephony.agents import AgentState, CampaignAction, CampaignAsked
from telephony.commands import FetchLeads
from telephony.events import OptOutPressed
from telephony.facts import (
    AbandonedBy,
    AgentChanged,
    AttemptPlaced,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallDisposed,
    CustomerBarred,
    DialRefused,
    Fact,
    LeadRested,
    ServerChanged,
)
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LegId
from telephony.leads import LeadsFetched
from telephony.outcomes import Outcome
from tests.dialer.floor import PBX, Agents, campaign, lead, only, trunk
from tests.store.trade import DAY, NOON, changed, customer, ended

SALES, AUTUMN = CampaignId("sales"), CampaignId("autumn")
HER = AgentId("1001")
T = TypeVar("T", AttemptPlaced, DialRefused)
RULES = {"busy": RetryRule(times=1, after_s=600), "unknown": RetryRule(times=5, after_s=600)}


class Day:
    """One life of the process: a dialler with two campaigns, its ledger and its lead book."""

    serial = count(1)

    def __init__(self, url: str, now: float, *, free: int = 1, **settings: Any) -> None:
        self.store = store.open(url)
        self.now = now
        self.said: list[Any] = []
        self.agents = Agents(free=free)
        self.agents.takers.add(HER)
        self.ledger = InlineLedger(self.store, on_committed=lambda facts: self.book.on_facts(facts))
        self.book = LeadBook(self.store, before_read=self.ledger.flush)
        each: CampaignSettings = campaign(**{"retry": RULES, **settings})
        self.engine = DialerEngine(
            {SALES: each, AUTUMN: each},
            [trunk()],
            self.agents,
            call_ids=lambda: CallId(f"c-{next(self.serial)}"),
            bars=Bars(in_force(self.store, now), now=now),
        )
        self.tell(restored(self.store))
        self.tell(ServerChanged(server=PBX, state="up", why=""))

    def tell(self, *events: object) -> list[Any]:
        """Feed events and all that follows from them; facts go to the ledger. Returns what was said."""
        waiting, said = deque(events), list[Any]()
        while waiting:
            event = waiting.popleft()
            if isinstance(event, FetchLeads):
                self.book.fetch(event, self.now, waiting.append)
                continue
            if isinstance(event, Fact):
                self.ledger.submit([event], self.now)
            following = self.engine.on(event, self.now)
            said.extend(following)
            waiting.extend(word for word in following if isinstance(word, Fact | FetchLeads))
        self.said += said
        return said

    def heard(self, which: CampaignId, kind: type[T]) -> list[T]:
        """What was said of a campaign today, which runs by now."""
        view = self.engine.view(which, self.now)
        if view is not None and view.state != "running":
            self.tell(CampaignAsked(actor="boss", campaign=which, action=CampaignAction.START))
        return [word for word in only(self.said, kind) if word.campaign == which]

    def dialled(self, which: CampaignId = SALES) -> AttemptPlaced:
        """The one customer who was called on the campaign today."""
        (placed,) = self.heard(which, AttemptPlaced)
        return placed

    def ended(self, placed: AttemptPlaced, outcome: Outcome, *, talk_s: float = 0.0) -> list[Any]:
        fact = ended(placed.call, outcome, lead=placed.lead, campaign=placed.campaign, talk_s=talk_s)
        return self.tell(fact)

    def talks(self, placed: AttemptPlaced) -> None:
        self.tell(
            CallAnswered(call=placed.call, campaign=placed.campaign, server=PBX),
            CallConnected(call=placed.call, agent=HER, waited_s=0.1),
            she(AgentState.TALKING, placed.call),
        )

    def refusals(self, which: CampaignId = SALES) -> list[tuple[str, float | None]]:
        """Why nobody was called on the campaign today."""
        assert self.heard(which, AttemptPlaced) == []
        return [(fact.rule, fact.until) for fact in self.heard(which, DialRefused)]

    def over(self) -> None:
        self.book.close()
        self.ledger.close()
        self.store.close()


Begin = Callable[..., Day]


@pytest.fixture
def begin(url: str) -> Iterator[Begin]:
    """Begin a day; the one before has ended by then, wherever it was."""
    days: list[Day] = []

    def new(*leads: NewLead, now: float = NOON, **settings: Any) -> Day:
        if days:
            days[-1].over()
        opened = store.open(url)
        add_leads(opened, leads)
        opened.close()
        days.append(Day(url, now, **settings))
        return days[-1]

    yield new
    days[-1].over()


def disposed(call: CallId, disposition: str, callback_at: float | None = None) -> CallDisposed:
    return CallDisposed(call=call, agent=HER, disposition=disposition, note="", callback_at=callback_at)


def she(now: AgentState, call: CallId | None = None) -> AgentChanged:
    return replace(changed(HER, now, call=call), server=PBX)


def test_whoever_opted_out_is_not_called_by_any_lead_after_a_restart(begin: Begin) -> None:
    day = begin(customer(1, campaign=SALES), customer(2, campaign=AUTUMN, owner="k1"))
    placed = day.dialled()
    day.tell(OptOutPressed(server=PBX, leg=LegId(placed.call)))
    day.ended(placed, Outcome.ANSWERED)
    day = begin(now=NOON + 100 * DAY)
    assert day.refusals(AUTUMN) == [("do_not_call", None)]
    assert day.refusals(SALES) == []
    from_elsewhere = lead(9, campaign=AUTUMN, customer=placed.customer)
    by_number = lead(10, campaign=AUTUMN, number_key=placed.number_key)
    answer = LeadsFetched(campaign=AUTUMN, leads=(from_elsewhere, by_number), limit=2)
    assert [fact.rule for fact in only(day.tell(answer), DialRefused)] == ["do_not_call", "do_not_call"]


def test_wish_not_to_be_called_said_after_the_restart_bars_the_customer_of_before(begin: Begin) -> None:
    day = begin(customer(1, campaign=SALES))
    placed = day.dialled()
    day.talks(placed)
    day.ended(placed, Outcome.ANSWERED, talk_s=30.0)
    day.tell(she(AgentState.WRAP_UP, placed.call))
    day = begin(now=NOON + 60)
    (barred,) = only(day.tell(disposed(placed.call, "do_not_call")), CustomerBarred)
    assert (barred.customer, barred.number_key) == (placed.customer, placed.number_key)


@pytest.mark.parametrize("restart", ["before the word", "before the end", "after both"])
def test_a_callback_promised_reaches_the_same_agent_whenever_the_restart_comes(begin: Begin, restart: str) -> None:
    day = begin(customer(1, campaign=SALES))
    placed, later = day.dialled(), NOON + 7200
    day.talks(placed)
    if restart == "before the end":
        day.tell(disposed(placed.call, "callback", later))
        day = begin(now=NOON + 60)
        day.ended(placed, Outcome.ANSWERED, talk_s=30.0)
    else:
        day.ended(placed, Outcome.ANSWERED, talk_s=30.0)
        day.tell(she(AgentState.WRAP_UP, placed.call))
        if restart == "before the word":
            day = begin(now=NOON + 60)
        day.tell(disposed(placed.call, "callback", later))
    day.tell(she(AgentState.READY))
    day = begin(now=later - 1)
    assert day.refusals() == []
    day = begin(now=later)
    again = day.dialled()
    assert (again.lead, again.agent, again.reason) == (placed.lead, HER, "pace.callback")


@pytest.mark.parametrize("last", [Outcome.BUSY, Outcome.UNKNOWN, Outcome.NO_ANSWER])
def test_a_customer_at_his_cap_is_at_his_cap_after_a_restart_and_on_every_campaign(begin: Begin, last: Outcome) -> None:
    day = begin(customer(1, campaign=SALES))
    day.ended(day.dialled(), Outcome.BUSY)
    day = begin(now=NOON + 2 * DAY)
    day.ended(day.dialled(), last)
    same_number = customer(1, campaign=AUTUMN, owner="another name")
    day = begin(customer(2, campaign=AUTUMN, owner="k1"), same_number, now=NOON + 4 * DAY)
    resting = ("frequency", NOON + 2 * DAY + 92 * DAY)
    assert day.refusals(AUTUMN) == [resting, resting]


def test_an_attempt_that_never_left_is_not_held_against_the_customer(begin: Begin) -> None:
    day = begin(customer(1, campaign=SALES))
    day.ended(day.dialled(), Outcome.BUSY)
    day = begin(now=NOON + 2 * DAY)
    day.ended(day.dialled(), Outcome.REFUSED)
    day = begin(customer(2, campaign=AUTUMN, owner="k1"), now=NOON + 4 * DAY)
    assert day.dialled(AUTUMN).customer == "k1"


def test_customer_and_number_in_a_call_are_held_over_a_restart(begin: Begin) -> None:
    day = begin(customer(1, campaign=SALES))
    placed = day.dialled()
    day = begin(
        customer(2, campaign=AUTUMN, owner="k1"),
        customer(1, campaign=AUTUMN, owner="another name"),
        now=NOON + 10,
        free=5,
    )
    assert [rule for rule, _ in day.refusals(AUTUMN)] == ["in_call", "in_call"]
    day.ended(placed, Outcome.NO_ANSWER)
    day = begin(now=NOON + 700, free=5)
    assert [call.customer for call in day.heard(AUTUMN, AttemptPlaced)] == ["k1", "another name"]


def test_retries_are_counted_across_a_restart_in_the_middle_of_a_call(begin: Begin) -> None:
    day = begin(customer(1, campaign=SALES))
    assert only(day.ended(day.dialled(), Outcome.BUSY), LeadRested)[0].due == NOON + 600
    day = begin(now=NOON + 600)
    second = day.dialled()
    day = begin(now=NOON + 630)
    rested = only(day.ended(second, Outcome.BUSY), LeadRested)
    assert [(fact.due, fact.why) for fact in rested] == [(None, "busy")]


@pytest.mark.parametrize(("by", "waited_s"), [(AbandonedBy.SWITCHROOM, 2.0), (AbandonedBy.CUSTOMER, 8.0)])
def test_a_customer_who_found_no_agent_rests_72_hours_whatever_restarts(
    begin: Begin, by: AbandonedBy, waited_s: float
) -> None:
    day = begin(customer(1, campaign=SALES))
    placed = day.dialled()
    day.now += 5
    day.tell(CallAnswered(call=placed.call, campaign=SALES, server=PBX))
    day.now += waited_s
    day.tell(CallAbandoned(call=placed.call, campaign=SALES, by=by, waited_s=waited_s))
    day.now += 20
    day.ended(placed, Outcome.ANSWERED)
    same_number = customer(1, campaign=AUTUMN, owner="another name")
    day = begin(customer(2, campaign=AUTUMN, owner="k1"), same_number, now=NOON + 2 * DAY)
    assert day.refusals(AUTUMN) == [("abandon_rest", NOON + 5 + waited_s + 3 * DAY)] * 2


def test_a_customer_who_soon_hung_up_himself_need_not_rest(begin: Begin) -> None:
    day = begin(customer(1, campaign=SALES))
    placed = day.dialled()
    day.tell(
        CallAnswered(call=placed.call, campaign=SALES, server=PBX),
        CallAbandoned(call=placed.call, campaign=SALES, by=AbandonedBy.CUSTOMER, waited_s=0.5),
    )
    day.ended(placed, Outcome.ANSWERED)
    day = begin(customer(2, campaign=AUTUMN, owner="k1"), now=NOON + DAY)
    assert day.dialled(AUTUMN).customer == CustomerId("k1")
