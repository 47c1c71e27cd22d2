"""What agents' time was spent on, and how it kept to the roster."""

from datetime import UTC, date, datetime

import pytest

from acd.roster import Line, Roster
from acd.worktime import Spell, worktime
from config.floor import ReasonSettings, ShiftSettings
from config.model import FloorSettings

DAY = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
H = 3600.0


def at(hour: float) -> float:
    return DAY + hour * H


def spells(*parts: tuple[float, str, str]) -> list[Spell]:
    """Each part is an hour at which a state begins; the last one lasts on."""
    ends = [at(hour) for hour, _, _ in parts[1:]]
    return [
        Spell(agent="1001", state=state, reason=reason, verb="v", actor="", call=None, began_at=at(hour), ended_at=end)
        for (hour, state, reason), end in zip(parts, [*ends, None], strict=True)
    ]


REASONS = FloorSettings(reason={"coaching": ReasonSettings(productive=True)}).reason_of
SHIFT = Roster({"1001": "a"}, {"day": ShiftSettings(begin="09:00", end="18:00")}, (), "UTC")


def test_utilisation_counts_handling_waiting_and_productive_reasons_of_the_time_signed_in() -> None:
    day = spells(
        (9, "aux", "signed_in"), (9.5, "ready", ""), (10, "talking", ""), (10.5, "hold", ""), (10.75, "wrap_up", ""),
        (11, "aux", "lunch"), (12, "aux", "coaching"), (13, "logged_out", ""),
    )  # fmt: skip
    found = worktime("1001", day, REASONS, (), at(0), at(24))
    assert (found.signed_in_s, found.handling_s, found.available_s) == (4 * H, H, 0.5 * H)
    assert (found.productive_s, found.unproductive_s) == (H, 1.5 * H)
    assert found.utilisation == pytest.approx(2.5 / 4)
    assert found.occupancy == pytest.approx(1 / 1.5)
    assert found.reasons == {"signed_in": 0.5 * H, "lunch": H, "coaching": H}


def test_spell_still_open_lasts_until_the_end_of_what_is_asked_for() -> None:
    found = worktime("1001", spells((9, "ready", "")), REASONS, (), at(8), at(9.25))
    assert (found.available_s, found.utilisation) == (0.25 * H, 1.0)


def test_only_the_part_within_the_span_counts() -> None:
    day = spells((9, "ready", ""), (11, "talking", ""), (13, "logged_out", ""))
    found = worktime("1001", day, REASONS, (), at(10), at(12))
    assert (found.available_s, found.handling_s, found.signed_in_s) == (H, H, 2 * H)


def test_adherence_is_the_time_signed_in_within_the_shift_with_what_was_late_and_early() -> None:
    day = spells((9.5, "ready", ""), (17, "logged_out", ""))
    found = worktime("1001", day, REASONS, SHIFT.planned("1001", at(0), at(24)), at(0), at(24))
    assert (found.planned_s, found.kept_s, found.late_s, found.early_s) == (9 * H, 7.5 * H, 0.5 * H, H)
    assert found.adherence == pytest.approx(7.5 / 9)


def test_whoever_did_not_come_at_all_is_late_by_the_whole_shift() -> None:
    found = worktime("1001", [], REASONS, SHIFT.planned("1001", at(0), at(24)), at(0), at(24))
    assert (found.adherence, found.late_s, found.early_s, found.utilisation) == (0.0, 9 * H, 0.0, None)


def test_time_away_beyond_its_limit_is_counted_once_a_spell() -> None:
    day = spells(
        (9, "aux", "break"), (9.5, "ready", ""), (10, "aux", "break"), (10.1, "ready", ""), (11, "aux", "lunch")
    )
    assert worktime("1001", day, REASONS, (), at(9), at(11.5)).overstays == 1


def test_roster_lines_take_the_place_of_shifts_for_their_day_and_an_agent_s_that_of_his_group() -> None:
    lines = [
        Line("", "a", date(2026, 3, 2), "10:00", "12:00"),
        Line("1001", "", date(2026, 3, 2), "", ""),
    ]
    roster = Roster({"1001": "a", "1002": "a"}, {"day": ShiftSettings(begin="09:00", end="18:00")}, lines, "UTC")
    assert roster.planned("1001", at(0), at(24)) == []
    assert roster.planned("1002", at(0), at(24)) == [(at(10), at(12))]
    assert roster.shift_at("1002", at(24 + 9)) == (at(24 + 9), at(24 + 18))


def test_shift_over_midnight_belongs_to_the_day_it_begins_on() -> None:
    night = ShiftSettings(begin="22:00", end="06:00", days=[1])
    roster = Roster({"1001": ""}, {"night": night}, (), "UTC")
    assert roster.shift_at("1001", at(25)) == (at(22), at(30)), "Tuesday one o'clock is still Monday's"
    assert roster.shift_at("1001", at(24 + 23)) is None


def test_shifts_of_agents_and_groups_leave_the_others_to_the_one_for_everybody() -> None:
    shifts = {
        "early": ShiftSettings(begin="06:00", end="14:00", agents=["1001"]),
        "late": ShiftSettings(begin="14:00", end="22:00", groups=["b"]),
        "day": ShiftSettings(begin="09:00", end="18:00"),
    }
    roster = Roster({"1001": "b", "1002": "b", "1003": ""}, shifts, (), "UTC")
    begins = [roster.planned(agent, at(0), at(24))[0][0] for agent in ("1001", "1002", "1003")]
    assert begins == [at(6), at(14), at(9)]
