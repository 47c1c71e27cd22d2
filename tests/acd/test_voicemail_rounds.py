"""TKT-4: messages go out in rounds of branches, each ten minutes after the last, three times a day two hours apart; inside
a branch agents in order of number, absentees skipped."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from acd.voicemail import Rota, by_number
from config.later import RoundsSettings
from telephony.ids import AgentId

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 5, 29)
BRANCHES = [f"b{n:02}" for n in range(1, 25)]


def staff(branches: list[str], each: int = 3) -> dict[AgentId, str]:
    """Agents 1011, 1012, 1013 in b01, 1021 … in b02 and so on."""
    return {AgentId(f"{1000 + 10 * b + n}"): name for b, name in enumerate(branches, 1) for n in range(1, each + 1)}


def rota(each: int = 1, **changes: object) -> Rota:
    return Rota(RoundsSettings(each=each, **changes), staff(BRANCHES), "Asia/Shanghai")


def clock(at: float) -> str:
    return datetime.fromtimestamp(at, SHANGHAI).strftime("%H:%M")


def test_six_rounds_of_four_branches_each_ten_minutes_after_the_last_three_times_a_day_two_hours_apart() -> None:
    table = [
        ("10:00 10:10 10:20 10:30 10:40 10:50", 1),
        ("12:00 12:10 12:20 12:30 12:40 12:50", 2),
        ("14:00 14:10 14:20 14:30 14:40 14:50", 3),
    ]
    expected = [(at, time, n) for row, time in table for n, at in enumerate(row.split(), 1)]
    assert [(clock(one.at), one.time, one.number) for one in rota().on(DAY)] == expected
    each_round = [rota().of_round(n) for n in range(1, 7)]
    assert [len(branches) for branches in each_round] == [4] * 6
    assert [name for branches in each_round for name in branches] == BRANCHES


def test_after_the_last_round_of_the_day_the_first_of_the_next_day_follows() -> None:
    one = rota()
    last = one.on(DAY)[-1]
    following = one.after(last.at)
    assert datetime.fromtimestamp(following.at, SHANGHAI).isoformat() == "2026-05-30T10:00:00+08:00"
    assert one.after(last.at - 1) == last
    assert one.after(one.on(DAY)[0].at - 1).number == 1


def test_inside_a_branch_agents_follow_one_another_by_number_from_time_to_time() -> None:
    one, everybody = rota(), set(staff(BRANCHES))
    first = [one.hand_out(1, ["m1", "m2", "m3", "m4", "m5"], everybody) for _ in range(4)]
    assert [[handing.agent for handing in handed] for handed in first] == [
        ["1011", "1021", "1031", "1041"],
        ["1012", "1022", "1032", "1042"],
        ["1013", "1023", "1033", "1043"],
        ["1011", "1021", "1031", "1041"],
    ]
    assert [handing.message for handing in first[0]] == ["m1", "m2", "m3", "m4"]


def test_absentees_are_skipped_and_have_their_turn_when_they_are_back() -> None:
    one, everybody = rota(), set(staff(BRANCHES))
    without = everybody - {AgentId("1012")}
    assert one.hand_out(1, ["m1"], everybody)[0].agent == "1011"
    assert one.hand_out(1, ["m2"], without)[0].agent == "1013"
    assert one.hand_out(1, ["m3"], everybody)[0].agent == "1011"
    assert one.hand_out(1, ["m4"], everybody)[0].agent == "1012"


def test_a_branch_with_nobody_there_passes_its_turn_on() -> None:
    one = rota()
    present = {AgentId("1021"), AgentId("1041")}
    handed = one.hand_out(1, ["m1", "m2", "m3"], present)
    assert [(handing.branch, handing.message) for handing in handed] == [("b02", "m1"), ("b04", "m2")]
    assert one.hand_out(2, ["m3"], present) == []


def test_a_branch_may_be_handed_several_in_a_round_but_nobody_two() -> None:
    handed = rota(each=2).hand_out(1, [f"m{n}" for n in range(9)], set(staff(BRANCHES)))
    assert [handing.agent for handing in handed] == [
        *("1011", "1021", "1031", "1041"),
        *("1012", "1022", "1032", "1042"),
    ]


def test_agent_9_comes_before_agent_10() -> None:
    assert sorted(map(AgentId, ("10", "ann", "9", "100")), key=by_number) == ["9", "10", "100", "ann"]


@given(st.lists(st.sets(st.sampled_from(["1011", "1012", "1013"]), min_size=1), min_size=30, max_size=60))
def test_nobody_who_is_there_is_passed_over_twice_in_a_row(days: list[set[str]]) -> None:
    """Between two turns of one agent every other agent who was there all the time has had one."""
    one = rota()
    turns: list[AgentId] = [one.hand_out(1, ["m"], set(map(AgentId, there)))[0].agent for there in days]
    for at, agent in enumerate(turns):
        again = next((n for n in range(at + 1, len(turns)) if turns[n] == agent), None)
        if again is None:
            continue
        always = set.intersection(*({*there} for there in days[at : again + 1])) - {agent}
        assert always <= set(turns[at:again])
