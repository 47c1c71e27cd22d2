"""The doctor finds each fault of an installation and says what to do about it, in both languages."""

import random
import re
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

import store
from config.asterisk_files import TEMPLATES
from config.model import (
    AgentSettings,
    ApiSettings,
    AsteriskSettings,
    CampaignSettings,
    PacingSettings,
    ServerSettings,
    StoreSettings,
    TrunkSettings,
)
from config.words import catalogue, known, say, slots
from simulator.amiserver import AmiServer
from simulator.amiusers import ManagerUser
from simulator.carrier import ScriptedCarrier
from simulator.clock import PacedClock
from simulator.exchange import VirtualExchange
from switchroom import doctor_machine, doctor_pbx
from switchroom.doctor import Finding, examine, settings_findings
from switchroom.doctor_pbx import CONTEXTS, AmiRequest, Rows, endpoint_of, pbx_findings
from telephony.ami.faults import ActionRefused, NoReply
from telephony.ids import ServerId

PBX = AsteriskSettings(name="pbx1", secret=SecretStr("simulated"))
TRUNK = TrunkSettings(name="gw", asterisk="pbx1", dial="PJSIP/{digits}@carrier")
AGENT = AgentSettings(id="1001", asterisk="pbx1", endpoint="PJSIP/1001", campaigns=["spring"])


def codes(findings: list[Finding], level: str = "") -> list[str]:
    return [f.code.removeprefix("doctor.") for f in findings if not level or f.level == level]


class Asterisk:
    """Answers as a healthy Asterisk does, but for what a test puts in `says`."""

    def __init__(self, says: dict[str, Rows | Exception], *, events: bool = True) -> None:
        commands = {name: "(Priv: call)" for name in doctor_pbx.RIGHTS}
        self.events = events
        self.says: dict[str, Rows | Exception] = {
            "CoreSettings": [{"AsteriskVersion": "22.10.1"}],
            "ListCommands": [{"Response": "Success", **commands}],
            "Ping": [{"Ping": "Pong", "Timestamp": "1000.000000"}],
            "ShowDialPlan": [{"Response": "Success"}],
            "PJSIPShowEndpoints": [
                {"Response": "Success"},
                {"ObjectName": "carrier", "DeviceState": "Not in use"},
                {"ObjectName": "1001", "DeviceState": "In use"},
            ],
            **says,
        }

    async def request(self, action: str, **headers: str) -> Rows:
        answer = self.says.get(f"{action} {headers['Context']}" if "Context" in headers else action)
        answer = self.says[action] if answer is None else answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def hears_events(self) -> bool:
        return self.events


def reached(asterisk: AmiRequest) -> Callable[[AsteriskSettings], AbstractAsyncContextManager[AmiRequest]]:
    @asynccontextmanager
    async def connect(_pbx: AsteriskSettings) -> AsyncIterator[AmiRequest]:
        yield asterisk

    return connect


async def visit(says: dict[str, Rows | Exception], *, events: bool = True) -> list[Finding]:
    connect = reached(Asterisk(says, events=events))
    return await pbx_findings(PBX, [TRUNK], [AGENT], connect=connect, now=lambda: 1000.0)


async def test_a_healthy_asterisk_has_no_fault() -> None:
    findings = await visit({})
    assert codes(findings) == ["ami_login", "version", "rights", "clock", "dialplan", "trunk", "phones"]
    assert codes(findings, "ok") == codes(findings)


@pytest.mark.parametrize(
    ("says", "level", "code"),
    [
        ({"CoreSettings": [{"AsteriskVersion": "13.38.3"}]}, "bad", "version_old"),
        ({"ListCommands": [{"Originate": "", "Redirect": "", "Setvar": "", "Hangup": ""}]}, "bad", "rights_lacking"),
        ({"Ping": [{"Timestamp": "1005.0"}]}, "warn", "clock_off"),
        ({"Ping": [{"Timestamp": "400.0"}]}, "bad", "clock_wrong"),
        ({"Ping": [{"Timestamp": "noon"}]}, "warn", "ami_unanswered"),
        ({"ShowDialPlan switchroom-amd": ActionRefused("Did not find context")}, "bad", "dialplan_missing"),
        ({"ShowDialPlan": ActionRefused("Permission denied")}, "warn", "ami_unanswered"),
        ({"PJSIPShowEndpoints": [{"ObjectName": "1001"}]}, "bad", "trunk_missing"),
        ({"PJSIPShowEndpoints": [{"ObjectName": "carrier"}]}, "bad", "phones_missing"),
        ({"PJSIPShowEndpoints": ActionRefused("No endpoints found")}, "bad", "trunk_missing"),
        ({"PJSIPShowEndpoints": NoReply("no reply in time")}, "warn", "ami_unanswered"),
        (
            {"PJSIPShowEndpoints": [{"ObjectName": n, "DeviceState": "Unavailable"} for n in ("carrier", "1001")]},
            "warn",
            "trunk_away",
        ),
    ],
)
async def test_each_fault_of_an_asterisk_is_found(says: dict[str, Rows | Exception], level: str, code: str) -> None:
    assert code in codes(await visit(says), level)


async def test_what_is_lacking_is_named() -> None:
    (finding,) = [f for f in await visit({"ListCommands": [{"Originate": ""}]}) if f.code == "doctor.rights_lacking"]
    assert finding.words["rights"] == "call,reporting,system"


async def test_a_user_who_hears_no_events_is_found() -> None:
    assert "events_unheard" in codes(await visit({}, events=False), "bad")


@pytest.mark.parametrize(
    ("dial", "endpoint"),
    [
        ("PJSIP/{digits}@carrier", "carrier"),
        ("PJSIP/carrier/sip:{e164}@sip.example", "carrier"),
        ("PJSIP/1001", "1001"),
        ("pjsip/1001", "1001"),
        ("SIP/1001", None),
        ("PJSIP/", None),
    ],
)
def test_the_endpoint_is_read_out_of_what_is_dialled(dial: str, endpoint: str | None) -> None:
    assert endpoint_of(dial) == endpoint


def test_the_contexts_asked_for_are_those_we_write() -> None:
    text = "".join(path.read_text() for path in (TEMPLATES / "extensions").glob("*.conf"))
    assert set(CONTEXTS) <= set(re.findall(r"^\[(switchroom-[a-z]+)\]", text, re.MULTILINE))


@pytest.fixture
async def simulated() -> AsyncIterator[AmiServer]:
    clock = PacedClock(1.0)
    exchange = VirtualExchange(ServerId("pbx1"), ScriptedCarrier(), random.Random(1), clock)
    exchange.add_phone("PJSIP/1001", 0.2, True)
    users: dict[str, str | ManagerUser] = {
        "switchroom": "simulated",
        "deaf": ManagerUser("deaf", "simulated", read=frozenset({"call"})),
    }
    server = AmiServer(exchange, clock, users=users)
    await server.start()
    yield server
    await server.close()


async def test_over_the_wire_login_rights_dialplan_and_phones_are_found_well(simulated: AmiServer) -> None:
    found = await pbx_findings(PBX.model_copy(update={"port": simulated.port}), [], [AGENT])
    assert [f.code for f in found if f.level == "bad"] == []
    assert {"ami_login", "version", "rights", "dialplan", "phones"} <= set(codes(found, "ok"))


async def test_over_the_wire_a_wrong_password_is_refused(simulated: AmiServer) -> None:
    wrong = PBX.model_copy(update={"port": simulated.port, "secret": SecretStr("hunter2")})
    found = await pbx_findings(wrong, [], [])
    assert codes(found) == ["ami_login_refused"]
    assert "hunter2" not in repr(found)


async def test_over_the_wire_a_user_without_read_system_is_found(
    simulated: AmiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_pbx, "BOOTED_S", 0.05)
    found = await pbx_findings(PBX.model_copy(update={"port": simulated.port, "user": "deaf"}), [], [])
    assert "events_unheard" in codes(found, "bad")


async def test_an_asterisk_that_is_not_there_is_told() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        (finding,) = await pbx_findings(PBX.model_copy(update={"port": port}), [], [])
    assert (finding.code, finding.words["why"]) == ("doctor.ami_unreachable", "Connection refused")


def test_settings_that_are_allowed_but_hardly_meant_are_told() -> None:
    settings = ServerSettings(
        api=ApiSettings(host="0.0.0.0"),
        asterisk=[PBX.model_copy(update={"secret": SecretStr("change-me")})],
        agent=[AGENT.model_copy(update={"campaigns": ["sprnig"]})],
    )
    campaign = CampaignSettings(ring_s=10, windows=[], pacing=PacingSettings(target_abandon=0.05))
    found = list(settings_findings(settings, {"spring": campaign}))
    assert set(codes(found, "bad")) == {"no_trunk", "secret_left"}
    assert set(codes(found, "warn")) == {
        *("no_token", "api_open", "campaign_unknown", "campaign_without_agents"),
        *("ring_short", "abandon_high", "no_windows", "policy_looser"),
    }


def test_a_package_of_ours_with_two_owners_is_told() -> None:
    found = list(doctor_machine.package_findings({"config": ["switchroom", "config"], "store": ["switchroom"]}))
    assert codes(found) == ["package_shared"]
    assert found[0].words == {"package": "config", "others": "config"}


def test_our_packages_are_ours_alone() -> None:
    assert codes(list(doctor_machine.package_findings({}))) == ["packages"]


def test_folders_are_writable_to_be_made_or_in_the_way(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert [
        codes(list(doctor_machine.folder_findings(folder, "data")))
        for folder in (tmp_path, tmp_path / "new" / "deep", file)
    ] == [["folder_writable"], ["folder_to_be_made"], ["folder_is_file"]]
    assert not (tmp_path / "new").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_disk_space_is_held_against_the_limit(tmp_path: Path) -> None:
    def level(limit: int) -> list[str]:
        settings = ServerSettings(data=tmp_path, store=StoreSettings(free_mb=limit))
        return codes(list(doctor_machine.disk_findings(settings)))

    assert [level(0), level(10**9)] == [["disk_free"], ["disk_full"]]


def test_a_database_opens_or_says_why_not(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/switchroom.db"
    assert codes(list(doctor_machine.database_findings(url))) == ["folder_writable"]
    assert not (tmp_path / "switchroom.db").exists()
    store.open(url).close()
    assert codes(list(doctor_machine.database_findings(url))) == ["database"]
    with sqlite3.connect(tmp_path / "switchroom.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = 'later'")
    raw.close()
    assert codes(list(doctor_machine.database_findings(url))) == ["database_newer"]
    (tmp_path / "broken.db").write_bytes(b"no database at all" * 100)
    (finding,) = doctor_machine.database_findings(f"sqlite:///{tmp_path}/broken.db")
    assert finding.level == "bad"


def test_a_database_that_cannot_be_reached_shows_no_password() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg://root:hunter2@127.0.0.1:{unused.getsockname()[1]}/x"
        (finding,) = doctor_machine.database_findings(url)
    assert finding.code == "doctor.database_unreachable"
    assert "hunter2" not in repr(finding)


def test_a_port_in_use_is_told_and_a_free_one_is_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert codes(list(doctor_machine.port_findings("127.0.0.1", port))) == ["port_taken"]
    assert codes(list(doctor_machine.port_findings("127.0.0.1", 0))) == ["port_free"]
    assert codes(list(doctor_machine.port_findings("192.0.2.1", 0))) == ["address_unusable"]


def test_the_folder_of_recordings_is_looked_for(tmp_path: Path) -> None:
    def look(here: Path | None) -> list[str]:
        return codes(list(doctor_machine.recordings_findings(PBX.model_copy(update={"recordings_here": here}))))

    assert [look(None), look(tmp_path / "none"), look(tmp_path)] == [
        ["recordings_unseen"],
        ["recordings_missing"],
        ["recordings"],
    ]


async def test_the_whole_examination_says_every_finding_in_both_languages(tmp_path: Path, simulated: AmiServer) -> None:
    settings = ServerSettings(
        data=tmp_path,
        store=StoreSettings(url=f"sqlite:///{tmp_path}/x.db"),
        api=ApiSettings(port=0),
        asterisk=[PBX.model_copy(update={"port": simulated.port})],
        trunk=[TRUNK.model_copy(update={"dial": "PJSIP/{digits}@elsewhere"})],
        agent=[AGENT],
    )
    found = await examine(settings, {"spring": CampaignSettings()})
    assert "trunk_missing" in codes(found, "bad")
    for finding in found:
        assert (finding.level == "ok") == (finding.remedy == "")
        for lang in ("zh-CN", "en"):
            for code in filter(None, (finding.code, finding.remedy)):
                assert known(code)
                assert not slots(say(lang, code, **finding.words))


def test_every_fault_in_the_catalogue_has_a_remedy() -> None:
    texts = catalogue("en")
    made = "".join(Path(module.__file__ or "").read_text() for module in (doctor_machine, doctor_pbx))
    faults = set(re.findall(r'(?:warn|bad)\(\s*"([a-z_]+)"', made))
    assert faults
    assert [fault for fault in faults if f"doctor.{fault}" not in texts or f"doctor.fix.{fault}" not in texts] == []
