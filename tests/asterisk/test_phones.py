"""Agents' phones as our example of pjsip.conf has them: registered with a password, or a web page."""

import asyncio

import pytest

from telephony.commands import TakeSnapshot
from telephony.events import DeviceChanged, LegEnded, PbxSnapshot
from telephony.ids import AgentId
from tests.asterisk.rig.floor import BROWSER, PASSWORD, REGISTERING
from tests.asterisk.rig.register import RegisteringPhone
from tests.contracts.asterisk_stage import AsteriskStage

pytestmark = pytest.mark.asterisk


async def test_phone_that_registers_with_its_password_is_called_to_its_seat(stage: AsteriskStage) -> None:
    rig = stage.rig
    with RegisteringPhone(rig.pbx.host, rig.answering.host, REGISTERING) as phone:
        assert phone.register("guessed") == 401
        assert phone.register(PASSWORD) == 200
        called = asyncio.create_task(asyncio.to_thread(phone.hears, "INVITE"))
        await stage.sees(DeviceChanged, endpoint=f"PJSIP/{REGISTERING}", state="NOT_INUSE")
        leg = stage.seat(AgentId(REGISTERING), f"PJSIP/{REGISTERING}", ring_s=2.0)
        invite = await called
        await stage.sees(LegEnded, leg=leg)
        assert phone.register(PASSWORD, for_s=0) == 200
    assert "Call-Info: <sip:switchroom>;answer-after=0" in invite


async def test_phones_are_asked_for_with_every_picture_of_the_pbx(stage: AsteriskStage) -> None:
    stage.exchange.perform(TakeSnapshot(server=stage.server))
    await stage.sees(PbxSnapshot)
    told = await stage.sees(DeviceChanged, endpoint=f"PJSIP/{REGISTERING}")
    assert told.state in ("UNAVAILABLE", "NOT_INUSE")


async def test_phone_whose_password_nobody_wrote_down_cannot_register(stage: AsteriskStage) -> None:
    with RegisteringPhone(stage.rig.pbx.host, stage.rig.answering.host, "3002") as phone:
        assert phone.register("") >= 400


def test_browser_phone_is_ready_for_webrtc(stage: AsteriskStage) -> None:
    shown = " ".join(stage.rig.pbx.cli(f"pjsip show endpoint {BROWSER}").split())
    for setting in ("webrtc : yes", "ice_support : true", "media_encryption : dtls"):
        assert setting in shown
