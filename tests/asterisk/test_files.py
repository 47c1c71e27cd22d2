"""The files we write load without a word, and give the manager user what he needs and nothing else."""

import re

import pytest

from config.asterisk_files import EVENTS
from telephony.ami.actions import LONGEST_LINE
from tests.asterisk.rig.floor import SECRET, Rig
from tests.asterisk.rig.probe import Probe

pytestmark = pytest.mark.asterisk


@pytest.fixture
async def ours(rig: Rig) -> Probe:
    """A session of Switchroom's own manager user."""
    return await Probe.connect(rig.pbx.ami, "switchroom", SECRET)


async def call(probe: Probe, name: str, number: str, context: str = "switchroom-answered") -> None:
    reply = await probe.ask(
        "Originate",
        Channel=f"PJSIP/{number}@carrier",
        ChannelId=name,
        Context=context,
        Exten="s",
        Priority="1",
        Async="true",
        Timeout="10000",
    )
    assert reply["Response"] == "Success"


def test_the_files_load_without_a_complaint(rig: Rig) -> None:
    assert "fully booted" in rig.pbx.cli("core waitfullybooted")
    assert "NOTICE" in rig.pbx.boot_log
    assert not re.findall(r"^.*(?:WARNING|ERROR)\[.*$", rig.pbx.boot_log, re.MULTILINE)
    for context in ("answered", "amd", "agent", "seat", "ring", "auto", "hold", "abandoned"):
        assert f"Context 'switchroom-{context}'" in rig.pbx.cli(f"dialplan show switchroom-{context}")
    assert "Context 'own'" in rig.pbx.cli("dialplan show own")
    for kind, profile in (("bridge", "seat"), ("user", "agent"), ("user", "customer")):
        assert f"switchroom_{profile}" in rig.pbx.cli(f"confbridge show profile {kind} switchroom_{profile}")
    for endpoint in ("carrier", "1001", "3001"):
        assert f"Endpoint:  {endpoint}" in rig.pbx.cli(f"pjsip show endpoint {endpoint}")


async def test_only_the_events_we_use_leave_asterisk(probe: Probe, ours: Probe) -> None:
    await call(ours, "c-filter-1", "10001000001")
    await ours.sees("UserEvent", UserEvent="SwitchroomParked", Uniqueid="c-filter-1")
    await probe.ask("UserEvent", UserEvent="SomebodyElse")
    await probe.sees("UserEvent", UserEvent="SomebodyElse")
    await ours.sees("Hangup", Uniqueid="c-filter-1")
    await probe.sees("Hangup", Uniqueid="c-filter-1")
    heard = {event["Event"] for event in ours.events}
    assert heard <= {*EVENTS, "UserEvent", "DeviceStateChange"}
    assert {event["Event"] for event in probe.events} - heard >= {"Newexten", "DialBegin", "SoftHangupRequest"}
    assert probe.seen("DeviceStateChange", Device="PJSIP/carrier")
    assert not ours.seen("DeviceStateChange", Device="PJSIP/carrier")
    assert not ours.seen("UserEvent", UserEvent="SomebodyElse")
    await ours.close()


async def test_the_state_of_an_agents_phone_is_told(ours: Probe, rig: Rig) -> None:
    agent = rig.agent("answers")
    await ours.ask(
        "Originate",
        Channel=f"PJSIP/{agent}",
        ChannelId=f"s-{agent}-device",
        Context="switchroom-agent",
        Exten=agent,
        Priority="1",
        Async="true",
    )
    await ours.sees("DeviceStateChange", Device=f"PJSIP/{agent}", State="INUSE")
    await ours.ask("Hangup", Channel=f"s-{agent}-device")
    await ours.sees("DeviceStateChange", Device=f"PJSIP/{agent}", State="NOT_INUSE")
    assert not [e for e in ours.seen("DeviceStateChange") if not e["Device"].startswith("PJSIP/")]
    await ours.close()


@pytest.mark.parametrize(
    ("action", "headers"),
    [
        ("Command", {"Command": "core show version"}),
        ("CreateConfig", {"Filename": "foreign.conf"}),
        ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
        ("MessageSend", {"To": "pjsip:1001", "Body": "hello"}),
    ],
)
async def test_the_user_may_not_do_what_we_do_not_need(ours: Probe, action: str, headers: dict[str, str]) -> None:
    reply = await ours.ask(action, **headers)
    assert (reply["Response"], reply["Message"]) == ("Error", "Permission denied")
    await ours.close()


async def test_nobody_gets_in_without_the_secret_file(rig: Rig) -> None:
    rig.pbx.kill()
    rig.pbx.write("switchroom_secret.conf", "")
    rig.pbx.start()
    try:
        for secret in ("", SECRET):
            with pytest.raises(AssertionError, match="Authentication failed"):
                await Probe.connect(rig.pbx.ami, "switchroom", secret)
    finally:
        rig.pbx.kill()
        rig.pbx.write("switchroom_secret.conf", rig.files["switchroom_secret.conf"])
        rig.pbx.start()
    await (await Probe.connect(rig.pbx.ami, "switchroom", SECRET)).close()


@pytest.mark.parametrize(("length", "verdict"), [(LONGEST_LINE, "Success"), (1100, "Error")])
async def test_the_longest_line_we_send_is_one_asterisk_reads(probe: Probe, length: int, verdict: str) -> None:
    name = "Variable"
    value = "A=" + "x" * (length - len(f"{name}: A="))
    assert len(f"{name}: {value}") == length
    reply = await probe.ask(
        "Originate",
        Channel="PJSIP/40000000001@carrier",
        Context="switchroom-answered",
        Exten="s",
        Priority="1",
        Async="true",
        Variable=value,
    )
    assert reply["Response"] == verdict
