"""The predictive hour: two books laid side by side, and the hour itself on the simulated exchange."""

from pathlib import Path

from benchmarks.carrier_note import CUSTOMER, PBX, Note
from benchmarks.hour_books import End, abandon_rate, by_carrier, by_journal, compare
from benchmarks.hour_floor import Hour
from benchmarks.hour_journal import Journal, Told, utilisation
from benchmarks.hour_simulated import play
from telephony.facts import AbandonedBy

PATIENCE_S = 2.0


def note(*, machine: bool = False, **heard: float | str) -> Note:
    return Note(number="1", invited_at=0.0, machine=machine, **{"answered_at": 10.0, **heard})


def told(**said: float | str) -> Told:
    return Told(**{"call": "c-1", "lead": 1, "placed_at": 0.0, "answered_at": 10.0, "outcome": "answered", **said})


def test_carrier_tells_each_end_by_what_the_customer_heard() -> None:
    assert by_carrier(note(agent_at=11.9), PATIENCE_S) is End.IN_TIME
    assert by_carrier(note(agent_at=12.1), PATIENCE_S) is End.LATE
    assert by_carrier(note(message_at=12.0, ended_at=15.0, ended_by=CUSTOMER), PATIENCE_S) is End.ABANDONED
    assert by_carrier(note(ended_at=11.5, ended_by=CUSTOMER), PATIENCE_S) is End.LEFT
    assert by_carrier(note(ended_at=12.5, ended_by=CUSTOMER), PATIENCE_S) is End.ABANDONED
    assert by_carrier(note(ended_at=12.0, ended_by=PBX), PATIENCE_S) is End.CUT
    assert by_carrier(note(machine=True, ended_at=12.0, ended_by=PBX), PATIENCE_S) is End.MACHINE
    assert by_carrier(Note(number="1", invited_at=0.0, machine=False, ended_at=9.0), PATIENCE_S) is End.UNANSWERED


def test_journal_tells_each_end_by_its_facts() -> None:
    assert by_journal(told(waited_s=1.9), PATIENCE_S) is End.IN_TIME
    assert by_journal(told(waited_s=2.1), PATIENCE_S) is End.LATE
    assert by_journal(told(given_up_s=2.0, given_up_by=AbandonedBy.SWITCHROOM), PATIENCE_S) is End.ABANDONED
    assert by_journal(told(given_up_s=1.5, given_up_by=AbandonedBy.CUSTOMER), PATIENCE_S) is End.LEFT
    assert by_journal(told(given_up_s=2.5, given_up_by=AbandonedBy.CUSTOMER), PATIENCE_S) is End.ABANDONED
    assert by_journal(told(outcome="machine"), PATIENCE_S) is End.MACHINE
    assert by_journal(Told(call="c-1", lead=1, placed_at=0.0, outcome="busy"), PATIENCE_S) is End.UNANSWERED


def test_call_told_differently_is_named_and_a_call_in_one_book_only_is_counted() -> None:
    both, pairs = compare([note(agent_at=12.1)], [told(waited_s=1.99), told(lead=2)], {1: "1", 2: "2"}, PATIENCE_S)
    assert len(pairs) == 1
    assert not both.agree
    assert [one.words for one in both.differences] == [
        "c-1: agent too late at the carrier, agent in time in our journal "
        "(carrier: agent 2.100 s; journal: connected 1.990 s, answered)"
    ]
    assert both.unexplained() == ["1 calls only in the journal"]


def test_difference_has_a_name_only_where_wire_or_detection_account_for_it() -> None:
    def apart(theirs: Note, ours: Told) -> list[str]:
        return compare([theirs], [ours], {1: "1"}, PATIENCE_S)[0].unexplained()

    assert not apart(note(agent_at=12.05), told(waited_s=1.99))
    assert apart(note(agent_at=13.0), told(waited_s=1.99))
    assert apart(note(agent_at=12.05), told(given_up_s=2.0, given_up_by=AbandonedBy.SWITCHROOM))
    assert apart(note(ended_at=12.0, ended_by=PBX), told(waited_s=1.99))
    assert not apart(note(ended_at=12.0, ended_by=PBX), told(outcome="machine"))
    assert not apart(note(machine=True, agent_at=11.0), told(waited_s=1.0))
    assert apart(note(agent_at=11.0), told(outcome="machine"))
    no_answer = Told(call="c-1", lead=1, placed_at=0.0, outcome="no_answer")
    assert not apart(note(ended_at=10.01, ended_by=PBX), no_answer)
    assert apart(note(ended_at=11.0, ended_by=PBX), no_answer)


def test_second_call_to_a_number_is_laid_beside_the_second_attempt() -> None:
    notes = [note(agent_at=11.0), Note(number="1", invited_at=50.0, machine=False, ended_at=51.0)]
    attempts = [Told(call="c-2", lead=1, placed_at=49.0, outcome="busy"), told(waited_s=0.9)]
    both, pairs = compare(notes, attempts, {1: "1"}, PATIENCE_S)
    assert both.agree
    assert [one.call for _, one in pairs] == ["c-1", "c-2"]


def test_rate_is_of_live_answers_and_leaves_out_who_left_in_time() -> None:
    counts = {end: 0 for end in End} | {End.IN_TIME: 95, End.LATE: 2, End.ABANDONED: 3, End.LEFT: 50, End.MACHINE: 40}
    assert abandon_rate(counts) == 0.03


def test_utilisation_is_talk_and_wrap_up_between_two_instants() -> None:
    journal = Journal(agents=[(0.0, "1001", "ready"), (30.0, "1001", "talking"), (60.0, "1001", "wrap_up")])
    assert utilisation(journal, 10.0, 70.0) == 40.0 / 60.0


def test_hour_on_the_simulated_exchange_is_counted_alike_by_its_carrier_and_by_us(tmp_path: Path) -> None:
    found = play(Hour(minutes=60.0, seed=3), tmp_path)
    both = found.comparison
    assert both.agree, both.differences
    assert both.carrier == both.ours
    assert both.carrier[End.IN_TIME] > 600
    assert both.carrier[End.ABANDONED] > 5
    sampled = sum(told.sampled and told.waited_s is not None for told in found.journal.calls.values())
    assert found.connected == both.carrier[End.IN_TIME] + both.carrier[End.LATE] + sampled
    assert found.abandoned == both.carrier[End.ABANDONED]
    assert abandon_rate(both.carrier) < 0.05
    assert found.utilisation > 0.7
    assert not found.journal.anomalies
