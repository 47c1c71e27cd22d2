"""Reading settings files: everything that is wrong is said at once, where it stands, and never with a secret."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.faults import Fault, SettingsError
from config.fields import OUTCOMES
from config.load import LARGEST, load_campaigns, load_server
from config.model import AsteriskSettings, ServerSettings, TrunkSettings
from config.places import nearest, places
from config.render import example_server
from telephony.outcomes import Outcome

PBX = '[[asterisk]]\nname = "pbx1"\nsecret = "s"\n'


def faults(path: Path, text: str | bytes) -> list[tuple[int | None, str, str]]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError) as caught:
        load_server(path)
    return [(fault.line, fault.key, fault.code) for fault in caught.value.faults]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "server.toml"


@pytest.fixture
def server() -> ServerSettings:
    return ServerSettings(
        asterisk=[AsteriskSettings(name="pbx1", secret="s")],
        trunk=[TrunkSettings(name="gw", asterisk="pbx1", dial="PJSIP/{digits}@gw")],
    )


def test_an_empty_file_is_the_defaults(file: Path) -> None:
    file.write_text("")
    assert load_server(file) == ServerSettings()


def test_all_mistakes_are_told_at_once_each_on_its_line(file: Path) -> None:
    text = """\
regio = "CN"
[api]
port = 99999
[[asterisk]]
name = "pbx1"
secret = "s"
[[trunk]]
name = "gw-1"
asterisk = "pbx2"
dial = "PJSIP/x"
channels = true
allowed_prefixes = [
  "+86",
  "0086",
]
[[agent]]
id = "1001"
asterisk = "pbx1"
mode = "nailed"
[floor]
ring_s = 2
wrap_up_s = "30"
"""
    assert faults(file, text) == [
        (1, "regio", "unknown_key_near"),
        (3, "api.port", "too_large"),
        (8, "trunk[1].name", "name_form"),
        (9, "trunk[1].asterisk", "no_such_asterisk"),
        (10, "trunk[1].dial", "dial_without_number"),
        (11, "trunk[1].channels", "wrong_kind"),
        (14, "trunk[1].allowed_prefixes[2]", "prefix_form"),
        (16, "agent[1].endpoint", "missing"),
        (19, "agent[1].mode", "not_one_of"),
        (21, "floor.ring_s", "too_small"),
        (22, "floor.wrap_up_s", "wrong_kind"),
    ]


def test_a_second_table_of_the_same_name_is_told_at_its_own_line(file: Path) -> None:
    text = PBX + '[[asterisk]]\nname = "pbx1"\nsecret = "t"\n'
    assert faults(file, text) == [(5, "asterisk[2].name", "name_taken")]


def test_agents_and_trunks_must_have_names_of_their_own(file: Path) -> None:
    agent = '[[agent]]\nid = "1001"\nasterisk = "pbx1"\nendpoint = "PJSIP/1"\n'
    trunk = '[[trunk]]\nname = "gw"\nasterisk = "pbx1"\ndial = "PJSIP/{e164}"\n'
    found = faults(file, PBX + agent * 2 + trunk * 2)
    assert [row[1:] for row in found] == [("agent[2].id", "name_taken"), ("trunk[2].name", "name_taken")]


def test_one_token_may_not_serve_two_holders(file: Path) -> None:
    token = "x" * 30
    assert faults(file, f'[api.tokens]\na = "{token}"\nb = "{token}"\n') == [(3, "api.tokens.b", "token_shared")]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('[api.tokens]\nadmin = "hunter2hunter2"\n', "hunter2"),
        ('[api]\ntokens = { "hunter2hunter2hunter2hunter2" = "admin" }\n', "hunter2hunter2hunter2"),
        ('[[asterisk]]\nname = "-"\nsecret = "hunter2\\u0000"\n', "hunter2"),
        ('[store]\nurl = "mysql://root:hunter2@db/x"\n', "hunter2"),
        ('[[asterisk]]\nname = "a"\nsecrt = "hunter2"\n', "hunter2"),
        ('[[trunk]]\nname = "+8613800138000"\n', "13800138000"),
    ],
)
def test_no_secret_and_no_whole_number_is_shown(file: Path, text: str, secret: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_server(file)
    for said in (str(caught.value), caught.value.say("zh-CN"), repr(caught.value.faults)):
        assert secret not in said


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\xef\xbb\xbfdata = 'x'", "bom"),
        ("data = 'x'".encode("utf-16"), "utf16"),
        ("# 数据\ndata = '数据'".encode("gb18030"), "gb18030"),
        (b"data = '\xff\xff'", "not_utf8"),
        (b"data = 'x", "toml_unterminated"),
        (b"a = 1\na = 2", "toml_twice"),
        (b"[a]\n[a]", "toml_twice"),
        (b"data 'x'", "toml_equals"),
        (b"data = True", "toml_value"),
        (b"data = 'a' 'b'", "toml_rest"),
        (b'data = "a\\q"', "toml_escape"),
        (b"[data", "toml_bracket"),
        (b"x = " + b"[" * 5000, "toml_nested"),
        (b"x = " + b"{a=" * 5000, "toml_nested"),
        (b"a" + b".a" * 100_000 + b" = 1", "toml_nested"),
        (b"x = " + b"9" * 10_000, "toml_value"),
        (b"#" * (LARGEST + 1), "file_too_large"),
    ],
)
def test_a_file_that_is_no_settings_file_gets_one_clear_answer(file: Path, raw: bytes, code: str) -> None:
    assert [row[2] for row in faults(file, raw)] == [code]


def test_a_syntax_error_tells_line_and_column(file: Path) -> None:
    file.write_text("data = 'x'\n[store]\nurl = sqlite\n")
    with pytest.raises(SettingsError) as caught:
        load_server(file)
    (fault,) = caught.value.faults
    assert (fault.line, fault.column) == (3, 7)
    assert str(caught.value).startswith(f"{file}:3:7: ")


def test_a_file_in_a_chinese_encoding_tells_the_first_such_line(file: Path) -> None:
    assert faults(file, "data = 'x'\n# 数据\n".encode("gb18030")) == [(2, "", "gb18030")]


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "none.toml", "file_missing"), (tmp_path, "file_is_folder")):
        with pytest.raises(SettingsError) as caught:
            load_server(path)
        assert [fault.code for fault in caught.value.faults] == [code]


def test_numbers_that_are_not_finite_are_refused(file: Path) -> None:
    assert faults(file, "[floor]\nring_s = nan\nwrap_up_s = inf\n") == [
        (2, "floor.ring_s", "not_finite"),
        (3, "floor.wrap_up_s", "not_finite"),
    ]


def test_line_breaks_never_reach_the_exchange(file: Path) -> None:
    text = PBX + '[[agent]]\nid = "1"\nasterisk = "pbx1"\nendpoint = "PJSIP/1\\r\\nAction: Command"\n'
    assert faults(file, text) == [(7, "agent[1].endpoint", "control_character")]


def test_campaigns_name_trunks_and_outcomes_that_exist(tmp_path: Path, server: ServerSettings) -> None:
    path = tmp_path / "campaigns.toml"
    path.write_text("""\
[campaign.a]
trunks = ["gw", "other"]
[campaign.a.retry]
bussy = { times = 1 }
[[campaign.a.windows]]
begin = "09:00"
end = "08:00"
[[campaign.a.windows]]
begin = "9:00"
end = "24:00"
""")
    with pytest.raises(SettingsError) as caught:
        load_campaigns(path, server)
    assert [(fault.line, fault.key, fault.code) for fault in caught.value.faults] == [
        (2, "campaign.a.trunks[2]", "no_such_trunk"),
        (4, "campaign.a.retry.bussy", "not_one_of"),
        (7, "campaign.a.windows[1].end", "window_order"),
        (9, "campaign.a.windows[2].begin", "time_form"),
    ]


def test_frequency_rules_and_calendars_say_what_is_wrong_with_them(tmp_path: Path, server: ServerSettings) -> None:
    path = tmp_path / "campaigns.toml"
    path.write_text("""\
[campaign.a]
holidays = "mars"
[[campaign.a.frequency]]
within = "a month"
rest = "20 years"
[[campaign.a.frequency]]
within = "0 days"
[[campaign.a.frequency]]
within = "7 days"
window = "calendar"
uncounted = ["bussy"]
""")
    with pytest.raises(SettingsError) as caught:
        load_campaigns(path, server)
    assert [(fault.line, fault.key, fault.code) for fault in caught.value.faults] == [
        (2, "campaign.a.holidays", "no_such_calendar"),
        (4, "campaign.a.frequency[1].within", "span_form"),
        (5, "campaign.a.frequency[1].rest", "span_long"),
        (7, "campaign.a.frequency[2].within", "span_empty"),
        (10, "campaign.a.frequency[3].window", "window_calendar"),
        (11, "campaign.a.frequency[3].uncounted[1]", "not_one_of"),
    ]


def test_calendar_takes_a_country_and_days_of_the_house(file: Path) -> None:
    text = '[calendar.house]\ncountry = "DE"\nsubdivision = "BY"\n[[calendar.house.day]]\ndate = 2026-12-24\n'
    file.write_text(text + '[[calendar.house.day]]\ndate = "2026-12-31"\nkind = "working"\n')
    house = load_server(file).calendar["house"]
    assert [(day.date.isoformat(), day.kind) for day in house.day] == [
        ("2026-12-24", "holiday"),
        ("2026-12-31", "working"),
    ]
    assert faults(file, '[calendar.a]\ncountry = "XX"\n[calendar.b]\ncountry = "DE"\nsubdivision = "TX"\n') == [
        (2, "calendar.a.country", "calendar_country"),
        (5, "calendar.b.subdivision", "subdivision_unknown"),
    ]
    assert faults(file, "[[calendar.c.day]]\ndate = 2026-12-24T10:00:00\n[[calendar.c.day]]\ndate = 'soon'\n") == [
        (2, "calendar.c.day[1].date", "date_form"),
        (4, "calendar.c.day[2].date", "date_form"),
    ]


def test_retry_rules_know_every_outcome() -> None:
    assert set(OUTCOMES) == {*Outcome, "abandoned"}


def test_a_fault_names_file_key_mistake_and_purpose_in_both_languages(file: Path) -> None:
    file.write_text("[api]\nport = 99999\n")
    with pytest.raises(SettingsError) as caught:
        load_server(file)
    assert str(caught.value) == (
        f"{file}:2:1: api.port: found 99999; the most allowed is 65535. "
        "— Port of the desk and the API; 0 picks a free one."
    )
    assert caught.value.say("zh-CN").startswith(f"{file}:2:1: api.port: 写的是 99999；最大为 65535。")


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(raw)
    told: tuple[Fault, ...] = ()
    try:
        load_server(path)
    except SettingsError as error:
        told = error.faults
    assert all(fault.say("zh-CN") and fault.say("en") for fault in told)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_an_example_spoilt_anywhere_is_told_on_a_line_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    lines = example_server().split("\n")
    number = data.draw(st.integers(0, len(lines) - 1))
    lines[number] = data.draw(
        st.sampled_from(["", "[x]", "x = 1", "data = 3", "name = ''", "{", "[[agent]]", "id = 'h-'"])
    )
    path = tmp_path_factory.getbasetemp() / "spoilt.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    told: tuple[Fault, ...] = ()
    try:
        load_server(path)
    except SettingsError as error:
        told = error.faults
    assert all(fault.line is None or 1 <= fault.line <= len(lines) + 1 for fault in told)
    assert all(
        "{" not in fault.say("en").replace("{digits}", "").replace("{e164}", "").replace("{national}", "")
        for fault in told
    )


def test_thousands_of_mistakes_are_all_known_and_the_first_hundred_said(file: Path) -> None:
    agent = '[[agent]]\nid = "{}"\nasterisk = "x"\nendpoint = "PJSIP/1"\n'
    file.write_text(PBX + "".join(agent.format(number) for number in range(1000)))
    with pytest.raises(SettingsError) as caught:
        load_server(file)
    assert len(caught.value.faults) == 1000
    assert str(caught.value).splitlines()[100:] == ["… and 900 more mistakes."]


def test_places_are_found_in_every_way_to_write_a_key() -> None:
    text = (
        "a = 1 # x\n"
        "[s] # [t]\n"
        "u.v = '''x\ny = 2'''\n"
        "[[t]]\n"
        'name = "]]"\n'
        "[[t]]\n"
        '"na\\u006de" = 1979-05-27 07:32:00\n'
        "list = [1, # one\n"
        "  [2, {b = 1, 'c d' = 2}],\n"
        "]\n"
        "[t.sub]\n"
        'z = """a"""""\n'
        "y = 1\n"
    )
    found = {key: (place.line, place.column) for key, place in places(text).items()}
    assert found[("a",)] == (1, 1)
    assert found[("s", "u", "v")] == (3, 1)
    assert found[("t", 0, "name")] == (6, 1)
    assert found[("t", 1)] == (7, 1)
    assert found[("t", 1, "name")] == (8, 1)
    assert found[("t", 1, "list", 1, 1, "c d")] == (10, 15)
    assert found[("t", 1, "sub", "y")] == (14, 1)
    place = nearest(places(text), ("t", 1, "sub", "missing"))
    assert place is not None
    assert place.line == 12


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('window = "fortnight"', ("campaign.a.abandon[1].window", "abandon_window")),
        ('window = "59 minutes"', ("campaign.a.abandon[1].window", "abandon_window")),
        ('[[campaign.a.abandon]]\nname = "30 days"', ("campaign.a.abandon", "contract_twice")),
        ('name = "pacing"', ("campaign.a.abandon", "contract_twice")),
    ],
)
def test_abandon_contracts_have_windows_that_are_and_names_of_their_own(
    text: str, fault: tuple[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "campaigns.toml"
    path.write_text(f"[[campaign.a.abandon]]\n{text}\n", "utf-8")
    with pytest.raises(SettingsError) as caught:
        load_campaigns(path, ServerSettings())
    assert [(one.key, one.code) for one in caught.value.faults] == [fault]


def test_shifts_and_break_tokens_name_agents_and_groups_that_exist(file: Path) -> None:
    text = (
        PBX
        + '[[agent]]\nid = "1001"\nasterisk = "pbx1"\nendpoint = "PJSIP/1001"\ngroup = "a"\n'
        + '[floor.breaks.groups]\nb = 2\n[floor.shift.day]\nbegin = "09:00"\nend = "09:00"\n'
        + 'agents = ["1002"]\ngroups = ["a", "c"]\n[floor.reason.coaching]\nproductive = true\nlimit_s = -1\n'
    )
    assert {(key, code) for _, key, code in faults(file, text)} == {
        ("floor.breaks.groups.b", "no_such_group"),
        ("floor.shift.day.end", "shift_empty"),
        ("floor.shift.day.agents[1]", "no_such_agent"),
        ("floor.shift.day.groups[2]", "no_such_group"),
        ("floor.reason.coaching.limit_s", "too_small"),
    }


def test_reasons_come_from_the_list_and_from_tables_of_their_own(file: Path) -> None:
    file.write_text('[floor]\nnot_ready_reasons = ["break", "fire"]\n[floor.reason.coaching]\nproductive = true\n')
    floor = load_server(file).floor
    assert list(floor.reasons) == ["break", "fire", "coaching"]
    assert (floor.reasons["break"].productive, floor.reasons["break"].limit_s) == (False, 900.0)
    assert floor.reasons["coaching"].productive
    assert not floor.reason_of("signed_in").productive
