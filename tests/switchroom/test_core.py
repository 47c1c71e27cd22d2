"""The core: events one after another, a wish answered at once, what a part decides outside a drain carried out."""

import pytest

from switchroom.core import Core
from switchroom.outbox import Outbox
from switchroom.switchboard import Switchboard
from switchroom.timers import Timers
from telephony.agents import ReadyAsked, Refused
from telephony.calltable import CallTable
from telephony.commands import HangUp, Originate, SetTimer
from telephony.events import OriginateRefused, TimerFired
from telephony.facts import Anomaly, AskRefused, CallEnded, CallRang, Fact
from telephony.ids import AgentId, CallId, LegId
from telephony.outcomes import Outcome
from tests.switchroom.fakes import PBX, Disk, NoLeads, Part, Pbx, originate, placed

CALL = CallId("c-1-1")
RANG = CallRang(call=CALL)
READY = ReadyAsked(actor="1001", agent=AgentId("1001"))
NOT_NOW = AskRefused(actor="1001", what="ReadyAsked", code="agent_state", words={"state": "talking"})


class House:
    def __init__(self, *parts: Part) -> None:
        self.disk, self.pbx, self.timers = Disk(), Pbx(), Timers()
        self.at = 100.0
        self.idles = 0
        self.core = Core(
            board=Switchboard(calls=CallTable(), parts=parts),
            timers=self.timers,
            clock=lambda: self.at,
            on_idle=self.idle,
        )
        self.outbox = Outbox(
            ledger=self.disk,
            leads=NoLeads(),
            exchanges={PBX: self.pbx},
            timers=self.timers,
            clock=lambda: self.at,
            feed=self.core.feed,
            look=lambda _: None,
        )
        self.core.connect(self.outbox)

    def idle(self) -> None:
        self.idles += 1


def test_a_refused_wish_says_why_and_is_journalled() -> None:
    house = House(Part({ReadyAsked: lambda: [NOT_NOW]}))
    assert house.core.ask(READY) == Refused(code="agent_state", words={"state": "talking"})
    assert house.disk.submitted == [NOT_NOW]


def test_a_granted_wish_says_nothing() -> None:
    house = House(Part({ReadyAsked: lambda: [RANG]}))
    assert house.core.ask(READY) is None
    assert house.disk.submitted == [RANG]


def test_what_was_fed_during_a_drain_is_handled_after_it() -> None:
    order: list[str] = []

    def first() -> list[Fact]:
        house.core.feed(TimerFired(("later", "")))
        order.append("during")
        return [RANG]

    class Clerk(Part):
        def on(self, event: object, now: float) -> list[Fact]:
            order.append(type(event).__name__)
            return []

    house = House(Part({ReadyAsked: first}), Clerk({CallRang: list, TimerFired: list}))
    house.core.ask(READY)
    assert order == ["during", "CallRang", "TimerFired"]
    assert house.core.handled == 2


def test_a_fact_fed_from_outside_is_heard_and_journalled() -> None:
    part = Part({CallRang: list})
    house = House(part)
    house.core.feed(RANG)
    assert part.heard == [RANG]
    assert house.disk.submitted == [RANG]


def test_a_withdrawn_originate_ends_its_attempt() -> None:
    part = Part(
        {
            ReadyAsked: lambda: [placed(CALL), originate(CALL)],
            TimerFired: lambda: [HangUp(server=PBX, leg=LegId(CALL))],
        }
    )
    house = House(part)
    house.core.ask(READY)
    house.core.feed(TimerFired(("tick", "")))
    ended = [fact for fact in house.disk.submitted if isinstance(fact, CallEnded)]
    assert len(ended) == 1
    assert ended[0].outcome in (Outcome.REFUSED, Outcome.CANCELLED)
    house.disk.commit()
    assert not any(isinstance(command, Originate) for command in house.pbx.told)


def test_a_commit_that_releases_an_originate_within_a_drain_is_sent_once() -> None:
    class AtOnce(Disk):
        def submit(self, facts, now, on_durable=None) -> None:  # type: ignore[no-untyped-def]
            super().submit(facts, now, on_durable)
            self.commit()

    house = House(Part({ReadyAsked: lambda: [placed(CALL), originate(CALL)]}))
    house.outbox._ledger = AtOnce()
    house.core.ask(READY)
    assert house.pbx.told == [originate(CALL)]


def test_a_part_that_raises_on_a_wish_neither_grants_by_mistake_nor_stops_the_floor() -> None:
    def broken() -> list[Fact]:
        raise KeyError("c-1")

    house = House(Part({ReadyAsked: broken, CallRang: list}))
    house.core.ask(READY)
    house.core.feed(RANG)
    assert house.disk.submitted == [Anomaly(where="Part", what="raised on ReadyAsked"), RANG]


def test_decisions_made_outside_a_drain_are_carried_out_in_their_order() -> None:
    house = House()
    end = HangUp(server=PBX, leg=LegId("c-1-2"))
    house.core.carry([RANG, SetTimer(key=("tick", "spring"), at=105.0), end])
    assert house.disk.submitted == [RANG]
    assert house.pbx.told == [end]
    assert house.timers.next_at() == 105.0
    assert house.idles >= 1


def test_an_attempt_decided_outside_a_drain_is_on_disk_before_its_originate_leaves() -> None:
    house = House()
    house.core.carry([placed(CALL), originate(CALL)])
    assert house.pbx.told == []
    house.disk.commit()
    assert house.pbx.told == [originate(CALL)]


def test_due_timers_fire_in_order_and_one_set_while_firing_fires_too_when_it_is_due() -> None:
    heard: list[str] = []

    class Clockwork(Part):
        def on(self, event: object, now: float) -> list[Fact | SetTimer]:
            assert isinstance(event, TimerFired)
            heard.append(event.key[1])
            return [SetTimer(key=("t", "third"), at=100.0)] if event.key[1] == "first" else []

    house = House(Clockwork({TimerFired: list}))
    house.timers.set(("t", "second"), 99.0)
    house.timers.set(("t", "first"), 98.0)
    house.timers.set(("t", "later"), 100.5)
    house.core.fire_due(100.0)
    assert heard == ["first", "second", "third"]
    assert house.timers.next_at() == 100.5


def test_an_event_before_the_outbox_is_connected_is_our_own_mistake() -> None:
    core = Core(board=Switchboard(calls=CallTable(), parts=()), timers=Timers(), clock=lambda: 0.0)
    with pytest.raises(AssertionError):
        core.feed(RANG)


def test_the_reply_to_a_refused_originate_reaches_the_call_table() -> None:
    house = House(Part({ReadyAsked: lambda: [placed(CALL), originate(CALL)]}))
    house.core.ask(READY)
    house.disk.commit()
    house.core.feed(OriginateRefused(server=PBX, leg=LegId(CALL), why="Originate failed"))
    assert [fact.outcome for fact in house.disk.submitted if isinstance(fact, CallEnded)] == [Outcome.REFUSED]
