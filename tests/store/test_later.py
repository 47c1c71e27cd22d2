"""Callbacks, messages and promised calls on disk: the tables follow the facts, a run finds what is open, numbers stay sealed."""

from store.inline import InlineLedger
from store.later import (
    appointment_of,
    appointments,
    callback_rows,
    file_callee,
    last_handed,
    message_row,
    message_rows,
    read_callee,
)
from store.opening import Store
from store.recall import restored
from telephony.facts import LeadRested
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, ServerId
from telephony.later import (
    AppointmentChanged,
    CallbackAsked,
    CallbackClosed,
    CallbackDialled,
    CallbackFiled,
    CallbackPutOff,
    CallbackReserved,
    VoicemailDone,
    VoicemailFiled,
    VoicemailFound,
    VoicemailHandedOut,
    VoicemailLeft,
    VoicemailReturned,
)
from telephony.numbers import PhoneNumber
from telephony.promises import CallbackState

BACK, QUEUE, PBX, ANN = CampaignId("back"), CampaignId("service"), ServerId("pbx1"), AgentId("1001")
NUMBER = PhoneNumber("+8613800138000")
ID, CALL, DIALLED = "cb-pbx1-1.1", CallId("pbx1-1.1"), CallId("c-1")


def test_a_callers_number_is_put_down_once_sealed_and_not_due(opened: Store) -> None:
    lead, customer, key = file_callee(opened, BACK, NUMBER, CustomerId("k1"))
    assert (customer, key) == ("k1", opened.number_key(NUMBER))
    assert file_callee(opened, BACK, NUMBER, CustomerId(""))[:2] == (lead, "k1")
    found = read_callee(opened, lead, now=1000.0)
    assert found is not None
    assert (found.number, found.customer, found.zones) == (NUMBER, "k1", ("Asia/Shanghai",))
    with opened.reading.begin() as connection:
        row = connection.exec_driver_sql("SELECT number, due FROM leads").one()
    assert "138" not in row[0]
    assert row[1] is None


def test_the_table_of_callbacks_is_the_state_machine_on_disk(opened: Store) -> None:
    ledger = InlineLedger(opened)
    lead, customer, key = file_callee(opened, BACK, NUMBER, CustomerId("k1"))
    steps = [
        (CallbackAsked(callback=ID, call=CALL, queue=QUEUE, server=PBX, since=5.0), CallbackState.ASKED),
        (CallbackFiled(callback=ID, lead=lead, customer=customer, number_key=key), CallbackState.WAITING),
        (
            CallbackReserved(callback=ID, queue=QUEUE, campaign=BACK, lead=lead, agent=ANN, server=PBX),
            CallbackState.RESERVED,
        ),
        (
            CallbackDialled(callback=ID, call=DIALLED, campaign=BACK, agent=ANN, server=PBX),
            CallbackState.DIALLING,
        ),
        (CallbackPutOff(callback=ID, until=900.0, tries=1, why="no_answer"), CallbackState.WAITING),
    ]
    for fact, state in steps:
        ledger.submit([fact], 10.0)
        ledger.flush()
        (known,) = restored(opened).callbacks
        assert known.state is state
    assert (known.since, known.lead, known.tries, known.not_before, known.number_key) == (5.0, lead, 1, 900.0, key)
    closed = CallbackClosed(callback=ID, state=CallbackState.CANCELLED, why="by_hand", actor="boss")
    ledger.submit([closed], 20.0)
    ledger.flush()
    assert restored(opened).callbacks == ()
    (row,) = callback_rows(opened, all=True)
    assert (row.state, row.why, row.closed_by, row.closed_at, row.dialled) == (
        "cancelled",
        "by_hand",
        "boss",
        20.0,
        "c-1",
    )
    assert callback_rows(opened) == []


def test_several_steps_in_one_commit_leave_the_last_and_lose_nothing(opened: Store) -> None:
    ledger = InlineLedger(opened)
    lead, customer, key = file_callee(opened, BACK, NUMBER, CustomerId("k1"))
    ledger.submit(
        [
            CallbackAsked(callback=ID, call=CALL, queue=QUEUE, server=PBX, since=5.0),
            CallbackFiled(callback=ID, lead=lead, customer=customer, number_key=key),
            CallbackReserved(callback=ID, queue=QUEUE, campaign=BACK, lead=lead, agent=ANN, server=PBX),
            CallbackDialled(callback=ID, call=DIALLED, campaign=BACK, agent=ANN, server=PBX),
        ],
        10.0,
    )
    ledger.flush()
    (known,) = restored(opened).callbacks
    assert (known.state, known.lead, known.dialled) == (CallbackState.DIALLING, lead, DIALLED)


def test_messages_are_found_again_with_whose_turn_it_was(opened: Store) -> None:
    ledger = InlineLedger(opened)
    lead, customer, key = file_callee(opened, BACK, NUMBER, CustomerId("k1"))
    name = f"vm-{CALL}"
    ledger.submit(
        [
            VoicemailLeft(message=name, call=CALL, queue=QUEUE, server=PBX, name=name),
            VoicemailFiled(message=name, campaign=BACK, lead=lead, customer=customer, number_key=key),
            VoicemailFound(message=name, bytes=16_044, seconds=1.0),
            VoicemailHandedOut(message=name, agent=ANN, by="rota", branch="b01", round=1),
        ],
        10.0,
    )
    ledger.flush()
    found = restored(opened)
    (known,) = found.messages
    assert (known.agent, known.lead, known.campaign, known.found, known.since) == (ANN, lead, BACK, True, 10.0)
    assert found.last_handed == (("b01", ANN),)
    ledger.submit([VoicemailReturned(message=name, agent=ANN, why="in_time")], 20.0)
    ledger.flush()
    assert restored(opened).messages[0].agent is None
    ledger.submit([VoicemailDone(message=name, agent=ANN, result="solved", note="ok")], 30.0)
    ledger.flush()
    assert message_rows(opened) == []
    row = message_row(opened, name)
    assert row is not None
    assert (row.result, row.note, row.done_at, row.bytes) == ("solved", "ok", 30.0, 16_044)
    with opened.reading.begin() as connection:
        assert last_handed(connection) == ()


def test_a_promised_call_is_listed_given_to_another_and_called_off(opened: Store) -> None:
    ledger = InlineLedger(opened)
    lead, _, _ = file_callee(opened, BACK, NUMBER, CustomerId("k1"))
    assert appointments(opened) == []
    ledger.submit([LeadRested(lead=lead, due=500.0, why="callback", agent=ANN)], 10.0)
    ledger.flush()
    (row,) = appointments(opened, campaign=BACK)
    assert (row.lead, row.promised_at, row.due, row.agent) == (lead, 500.0, 500.0, ANN)
    ledger.submit([LeadRested(lead=lead, due=800.0, why="window")], 20.0)
    ledger.flush()
    assert [(one.promised_at, one.due) for one in appointments(opened)] == [(500.0, 800.0)]
    ledger.submit([AppointmentChanged(lead=lead, campaign=BACK, due=900.0, agent="", actor="boss")], 30.0)
    ledger.flush()
    changed = appointment_of(opened, lead)
    assert changed is not None
    assert (changed.promised_at, changed.due, changed.agent) == (900.0, 900.0, "")
    ledger.submit([AppointmentChanged(lead=lead, campaign=BACK, due=None, agent="", actor="boss")], 40.0)
    ledger.flush()
    assert appointment_of(opened, lead) is None
