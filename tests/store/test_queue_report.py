"""Queues' figures from the store: the same as counted live, also over a restart; and who gave up and was reached since."""

from random import Random

import pytest

from acd.figures import Figures
from acd.servicelevel import QUARTER_S, Tally
from config.model import AgentSettings
from config.queues import QueueSettings
from desk.queue_ports import QueueRefused
from store import Store
from store.inbound import keep_number
from store.inline import InlineLedger
from store.queue_report import gave_up, tallies
from store.recall import restored
from switchroom.queuework import Queuework, put_in, reported
from telephony.facts import (
    Acted,
    CallArrived,
    CallConnected,
    CallerGone,
    CallQueued,
    CallSentOn,
    Fact,
    InboundEnded,
    LeadRested,
    Way,
)
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, ServerId
from telephony.numbers import parse
from tests.store.trade import NOON, placed

PBX = ServerId("pbx1")
QUEUES = {"x": QueueSettings(service_level_s=20), "y": QueueSettings(service_level_s=30, short_abandon_s=10)}
AGENTS = [AgentSettings(id="1001", asterisk="pbx1", endpoint="PJSIP/1001", queues=["x", "y"])]
Told = list[tuple[float, Fact]]


def arrives(call: str, queue: str, at: float, key: int = 0) -> Told:
    who = {"server": PBX, "customer": CustomerId(""), "number_key": key, "line": "400"}
    first = CallArrived(call=CallId(call), queue=CampaignId(queue), **who)  # type: ignore[arg-type]
    return [(at, first), (at, waits(call, queue))]


def waits(call: str, queue: str) -> CallQueued:
    return CallQueued(call=CallId(call), queue=CampaignId(queue), server=PBX, position=1, expected_s=None)


def ends(call: str, queue: str, at: float) -> tuple[float, Fact]:
    return at, InboundEnded(
        call=CallId(call),
        queue=CampaignId(queue),
        server=PBX,
        agent=None,
        waited_s=0.0,
        talk_s=0.0,
        hold_s=0.0,
        cause=16,
    )


def gives_up(call: str, queue: str, at: float, waited_s: float, key: int = 0) -> Told:
    gone = CallerGone(call=CallId(call), queue=CampaignId(queue), waited_s=waited_s, position=2)
    return [*arrives(call, queue, at - waited_s, key), (at, gone), ends(call, queue, at)]


def is_answered(call: str, queue: str, at: float, waited_s: float, key: int = 0) -> Told:
    had = CallConnected(call=CallId(call), agent=AgentId("1001"), waited_s=waited_s)
    return [*arrives(call, queue, at - waited_s, key), (at, had), ends(call, queue, at + 60)]


def a_day(seed: int, many: int = 400) -> Told:
    lot = Random(seed)
    told: Told = []
    for n in range(many):
        at, wait, queue = (
            NOON + lot.random() * 20_000.0,
            lot.choice([1.0, 5.0, 20.0, 25.0, 31.0, 200.0]),
            lot.choice("xy"),
        )
        call, other = f"{NOON}.{n}", "y" if queue == "x" else "x"
        match lot.randrange(5):
            case 0:
                told += gives_up(call, queue, at, wait)
            case 1:
                way = lot.choice([Way.VOICEMAIL, Way.CALLBACK, Way.CLOSED, Way.FULL])
                gone = CallSentOn(call=CallId(call), queue=CampaignId(queue), way=way, waited_s=wait)
                told += [*arrives(call, queue, at - wait), (at, gone), ends(call, queue, at + 30)]
            case 2:
                over = CallSentOn(call=CallId(call), queue=CampaignId(queue), way=Way.QUEUE, to=other, waited_s=wait)
                told += [*arrives(call, queue, at - wait), (at - 0.5, over), (at - 0.5, waits(call, other))]
                told += [*is_answered(call, other, at, wait)[2:]]
            case _:
                told += is_answered(call, queue, at, wait)
    return sorted(told, key=lambda one: one[0])


def live_and_written(opened: Store, told: Told, live: Figures) -> None:
    """What the house does with facts: each is heard, what follows from it too, and all are written."""
    ledger = InlineLedger(opened, commit_every=7)
    for at, fact in told:
        facts = [fact]
        for one in facts:
            facts += live.on(one, at)
        ledger.submit(facts, at)
    ledger.close()


def counted(live: Figures, queue: str, now: float) -> dict[int, Tally]:
    return dict(live.levels.quarters(queue, now - 80_000.0))


def test_the_store_counts_what_was_counted_live_to_the_unit(opened: Store) -> None:
    live, told = Figures(AGENTS, QUEUES), a_day(3)
    live_and_written(opened, told, live)
    now = told[-1][0]
    for queue, settings in QUEUES.items():
        assert counted(live, queue, now)
        assert tallies(opened, queue, settings, since=NOON - 1000, until=now) == counted(live, queue, now)


def test_after_a_restart_in_the_middle_of_the_day_the_live_count_goes_on_as_if_there_had_been_none(
    opened: Store,
) -> None:
    told, whole = a_day(5), Figures(AGENTS, QUEUES)
    cut = told[len(told) // 2][0]
    before, after = [one for one in told if one[0] < cut], [one for one in told if one[0] >= cut]
    live_and_written(opened, before, Figures(AGENTS, QUEUES))
    again = Figures(AGENTS, QUEUES)
    put_in(opened, again, cut)
    again.on(restored(opened), cut)
    live_and_written(opened, after, again)
    for at, fact in told:
        whole.on(fact, at)
    now = told[-1][0]
    for queue, settings in QUEUES.items():
        assert counted(again, queue, now) == counted(whole, queue, now)
        assert tallies(opened, queue, settings, since=NOON - 1000, until=now) == counted(whole, queue, now)


def test_a_report_by_day_hour_and_span_has_the_same_calls(opened: Store) -> None:
    told = a_day(7)
    live_and_written(opened, told, Figures(AGENTS, QUEUES))
    sums = set()
    for by in ("quarter", "hour", "day", "span"):
        rows = reported(opened, QUEUES, "Asia/Shanghai", since=NOON - 1000, until=told[-1][0], by=by)
        sums.add((sum(row.offered for row in rows), sum(row.answered_in for row in rows)))
        if by == "quarter":
            assert all(row.begins % QUARTER_S == 0 for row in rows)
        assert all(row.service_levels["offered"] is not None for row in rows if row.offered)
    assert len(sums) == 1


def test_abandoned_callers_are_listed_masked_with_who_was_reached_since(sqlite_store: Store) -> None:
    opened = sqlite_store
    numbers = [parse(f"1380013800{n}", "CN") for n in range(4)]
    keys = [opened.number_key(number) for number in numbers]
    for number in numbers:
        keep_number(opened, number)
    told = [
        *gives_up("1.0", "x", NOON, 40.0, keys[0]),
        *gives_up("1.1", "x", NOON + 10, 3.0, keys[1]),
        *gives_up("1.2", "y", NOON + 20, 90.0, keys[2]),
        *gives_up("1.3", "x", NOON + 30, 50.0, 0),
        (NOON + 100, placed("c-1", lead=1, number_key=keys[0])),
        *is_answered("1.9", "x", NOON + 200, 5.0, keys[1]),
    ]
    live_and_written(opened, sorted(told, key=lambda one: one[0]), Figures(AGENTS, QUEUES))
    rows = gave_up(opened, queue=None, since=NOON - 1, until=NOON + 1000, limit=10)
    assert [row.call for row in rows] == ["1.3", "1.2", "1.1", "1.0"]
    by_call = {row.call: row for row in rows}
    assert by_call["1.0"].called_at == NOON + 100
    assert by_call["1.0"].reached_at is None
    assert (by_call["1.1"].reached_at, by_call["1.1"].came_again) == (NOON + 200, True)
    assert by_call["1.2"].number == numbers[2].masked
    assert by_call["1.3"].number == ""
    assert all(number.for_store() not in repr(rows) for number in numbers)
    unreached = gave_up(opened, queue="x", since=NOON - 1, until=NOON + 1000, limit=10, unreached=True)
    assert [row.call for row in unreached] == ["1.3", "1.0"]


async def test_an_abandoned_caller_is_due_in_the_callback_campaign_once_and_by_his_calls_id(
    sqlite_store: Store,
) -> None:
    opened, number = sqlite_store, parse("13800138001", "CN")
    key = opened.number_key(number)
    keep_number(opened, number)
    told = [
        *gives_up("1.1", "x", NOON, 40.0, key),
        *gives_up("1.2", "y", NOON, 40.0, key),
        *gives_up("1.3", "x", NOON, 9.0),
    ]
    live_and_written(opened, sorted(told, key=lambda one: one[0]), Figures(AGENTS, QUEUES))
    queues = {**QUEUES, "x": QueueSettings.model_validate({"callback": {"campaign": "back"}})}
    said: list[Fact] = []
    books = Queuework(opened, queues, "Asia/Shanghai", now=lambda: NOON + 60, carry=said.extend)
    await books.call_again(call="1.1", actor="li")
    acted, rested = said
    assert acted == Acted(actor="li", act="caller.again", about="1.1", words={"queue": "x"})
    assert isinstance(rested, LeadRested)
    assert rested.due == NOON + 60
    for call, code in (("1.9", "unknown_caller"), ("1.2", "no_callback_campaign"), ("1.3", "caller_withheld")):
        with pytest.raises(QueueRefused, match=code):
            await books.call_again(call=call, actor="li")
    ledger = InlineLedger(opened)
    ledger.submit(said, NOON + 60)
    ledger.submit([placed("c-1", lead=rested.lead, number_key=key)], NOON + 90)
    ledger.close()
    with pytest.raises(QueueRefused, match="caller_called"):
        await books.call_again(call="1.1", actor="li")
