"""Facts and leads of a small trade, and a bounded wait."""

import time
from collections.abc import Callable

from store.intake import NewLead
from telephony.agents import AgentState, SeatMode
from telephony.facts import AgentChanged, AttemptPlaced, CallEnded, CustomerBarred
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, ServerId, TrunkId
from telephony.numbers import PhoneNumber
from telephony.outcomes import Outcome

SPRING = CampaignId("spring")
NOON = 1_750_000_000.0
DAY = 86_400.0


def placed(
    call: str, *, lead: int = 1, customer: str = "k1", number_key: int = 7, campaign: str = SPRING
) -> AttemptPlaced:
    return AttemptPlaced(
        call=CallId(call),
        campaign=CampaignId(campaign),
        lead=LeadId(lead),
        customer=CustomerId(customer),
        number_key=number_key,
        trunk=TrunkId("carrier"),
        server=ServerId("pbx"),
        caller_id="",
        mode="progressive",
    )


def ended(
    call: str,
    outcome: Outcome = Outcome.BUSY,
    *,
    lead: int = 1,
    agent: str | None = None,
    talk_s: float = 0.0,
    campaign: str = SPRING,
) -> CallEnded:
    return CallEnded(
        call=CallId(call),
        campaign=CampaignId(campaign),
        lead=LeadId(lead),
        trunk=TrunkId("carrier"),
        server=ServerId("pbx"),
        outcome=outcome,
        agent=AgentId(agent) if agent else None,
        rang=True,
        ring_s=4.0,
        talk_s=talk_s,
        hold_s=0.0,
        cause=17,
        tech_cause=None,
    )


def barring(customer: str, *, number_key: int = 0) -> CustomerBarred:
    return CustomerBarred(customer=CustomerId(customer), number_key=number_key, why="opt_out", actor="customer")


def changed(agent: str, now: AgentState, *, reason: str = "", call: str | None = None) -> AgentChanged:
    return AgentChanged(
        agent=AgentId(agent),
        was=AgentState.LOGGED_OUT,
        now=now,
        reason=reason,
        verb="went",
        for_s=1.0,
        call=CallId(call) if call else None,
        mode=SeatMode.NAILED_UP,
        server=ServerId("pbx"),
    )


def customer(serial: int, *, campaign: str = SPRING, due: float = 0.0, priority: int = 0, owner: str = "") -> NewLead:
    return NewLead(
        campaign=CampaignId(campaign),
        customer=CustomerId(owner or f"k{serial}"),
        number=PhoneNumber(f"+86138{serial:08d}"),
        zones=("Asia/Shanghai", "Asia/Urumqi"),
        due=due,
        priority=priority,
        name=f"Customer {serial}",
    )


def until(true: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait for something that happens in another thread; fails when it has not after `within_s`."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.002)
