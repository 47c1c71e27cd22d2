"""However facts are cut into batches, the tables come out the same; and the tables are the journal's sum."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

import store
from store import Store, tables
from store.inline import InlineLedger
from store.intake import add_leads
from store.projector import ORDER, RULES, project
from store.recall import read_journal
from telephony.agents import AgentState
from telephony.facts import (
    AbandonedBy,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallDisposed,
    CallRang,
    CampaignChanged,
    CustomerBarred,
    Fact,
    LeadRested,
    RecordingConfirmed,
    RecordingFiled,
    RecordingMissing,
    RecordingStarted,
    SeatLeft,
    SeatTaken,
)
from telephony.ids import AgentId, CallId, CustomerId, LeadId, LegId, ServerId
from telephony.outcomes import Outcome
from tests.store.tampering import disarm
from tests.store.trade import NOON, SPRING, changed, customer, ended, placed

PBX = ServerId("pbx")
DERIVED = (tables.attempts, tables.leads, tables.agents, tables.campaigns, tables.recordings, tables.dnc)

CALLS = [CallId("c-1"), CallId("c-2"), CallId("c-3")]
agents = st.sampled_from(["1001", "1002"]).map(AgentId)
seconds = st.floats(0, 100, allow_nan=False)
dues = st.none() | st.floats(NOON - 50, NOON + 50)


@st.composite
def life_of(draw: st.DrawFn, call: CallId) -> list[Fact]:
    """A call's facts in an order a switchboard may tell them."""
    agent, lead = draw(agents), CALLS.index(call) + 1
    life: list[Fact] = [placed(call, lead=lead)]
    if draw(st.booleans()):
        life.append(CallRang(call=call))
    if draw(st.booleans()):
        life.append(CallAnswered(call=call, campaign=SPRING, server=PBX))
        if draw(st.booleans()):
            by = draw(st.sampled_from(AbandonedBy))
            life.append(CallAbandoned(call=call, campaign=SPRING, by=by, waited_s=draw(seconds)))
        else:
            life.extend(CallConnected(call=call, agent=draw(agents), waited_s=draw(seconds)) for _ in range(2))
            life.append(RecordingStarted(call=call, agent=agent, name=f"r-{call}", server=PBX))
            if draw(st.booleans()):
                life.append(RecordingMissing(call=call, why="no file"))
            life.append(RecordingConfirmed(call=call))
            life.append(RecordingFiled(call=call, bytes=draw(st.integers(0, 2**40)), seconds=draw(seconds)))
    if draw(st.booleans()):
        life.append(LeadRested(lead=LeadId(lead), due=draw(dues), why="callback", agent=draw(st.none() | agents)))
    talked = draw(st.none() | agents)
    life.append(ended(call, draw(st.sampled_from(Outcome)), lead=lead, agent=talked, talk_s=draw(seconds)))
    life.append(LeadRested(lead=LeadId(lead), due=draw(dues), why="outcome"))
    for _ in range(draw(st.integers(0, 2))):
        note = draw(st.text(max_size=4))
        life.append(CallDisposed(call=call, agent=agent, disposition="sale", note=note, callback_at=draw(dues)))
    return life[: draw(st.integers(1, len(life)))]


beside: st.SearchStrategy[Fact] = st.one_of(
    st.builds(changed, agents, st.sampled_from(AgentState)),
    st.builds(SeatTaken, agent=agents, leg=st.just(LegId("s-1001-a")), server=st.just(PBX)),
    st.builds(SeatLeft, agent=agents, leg=st.just(LegId("s-1001-a")), why=st.just("")),
    st.builds(CampaignChanged, campaign=st.just(SPRING), state=st.sampled_from(["a", "b"]), actor=st.just("x")),
    st.builds(
        CustomerBarred,
        customer=st.sampled_from(["", "k1"]).map(CustomerId),
        number_key=st.sampled_from([0, 7]),
        why=st.just("opt_out"),
        actor=st.just("customer"),
    ),
)


@st.composite
def shifts(draw: st.DrawFn) -> list[Fact]:
    """Lives of calls and doings of agents, interleaved."""
    strands = [draw(life_of(call)) for call in CALLS] + [draw(st.lists(beside, max_size=6))]
    told: list[Fact] = []
    while strands := [strand for strand in strands if strand]:
        told.append(draw(st.sampled_from(strands)).pop(0))
    return told


@pytest.fixture(scope="module")
def two_stores() -> Iterator[tuple[Store, Store]]:
    made = (
        store.open("sqlite://", durable=False, key=b"k" * 32),
        store.open("sqlite://", durable=False, key=b"k" * 32),
    )
    yield made
    for one in made:
        one.close()


def written(opened: Store, facts: Sequence[Fact], commit_every: int) -> list[list[tuple[Any, ...]]]:
    """Every derived table after the facts went through an empty store, number keys aside."""
    disarm(opened)
    with opened.writing.begin() as connection:
        for table in (*DERIVED, tables.journal):
            connection.execute(table.delete())
    add_leads(opened, [customer(serial, due=NOON - 1) for serial in range(3)])
    ledger = InlineLedger(opened, commit_every=commit_every)
    for at, fact in enumerate(facts):
        ledger.submit([fact], NOON + at)
    ledger.close()
    with opened.reading.begin() as connection:
        return [sorted((_without_key(row) for row in connection.execute(select(table))), key=repr) for table in DERIVED]


def _without_key(row: Any) -> tuple[Any, ...]:
    return tuple(value for name, value in row._mapping.items() if name != "number_key")


@settings(max_examples=50, deadline=None)
@given(facts=shifts(), commit_every=st.integers(2, 30))
def test_the_tables_do_not_depend_on_where_commits_fall(
    two_stores: tuple[Store, Store], facts: list[Fact], commit_every: int
) -> None:
    one_by_one, in_batches = two_stores
    expected, found = written(one_by_one, facts, 1), written(in_batches, facts, commit_every)
    assert [entry.fact for entry in read_journal(in_batches)] == facts
    assert found == expected


@given(shifts())
def test_a_batch_names_each_key_once_and_puts_in_before_it_changes(facts: list[Fact]) -> None:
    operations = project([(NOON, fact) for fact in facts])
    order = [ORDER.index(change) for change, _ in operations]
    assert order == sorted(order)
    for change, rows in operations:
        assert all(len(row) == change.width for row in rows)
        if change.verb.value != "insert":
            keys = [row[0] for row in rows]
            assert len(keys) == len(set(keys))


def test_every_rule_is_carried_out_somewhere_in_the_order() -> None:
    used = {change for rules in RULES.values() for change, _ in rules}
    assert used <= set(ORDER)


def test_a_lead_called_twice_within_one_commit_has_two_attempts_and_its_last_rest() -> None:
    story = [
        (NOON, ended("c-1", Outcome.BUSY)),
        (NOON, LeadRested(lead=LeadId(1), due=NOON + 60, why="busy")),
        (NOON + 60, ended("c-2", Outcome.NO_ANSWER)),
        (NOON + 60, LeadRested(lead=LeadId(1), due=NOON + 120, why="no_answer")),
    ]
    rows = {change.name: rows for change, rows in project(story)}
    assert rows["lead"] == [(1, 2, "no_answer", NOON + 120, None, "no_answer", NOON + 60, 1)]
