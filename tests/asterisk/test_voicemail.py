"""A message on a real Asterisk: the file is where recordings lie, under its name, and has the caller's voice in it."""

import pytest

from switchroom.laterwork import look, sound_file
from telephony.events import LegEnded
from telephony.later import LookForMessage, MessageLeft, TakeMessage
from tests.asterisk.rig.sipp import CUSTOMER_HZ
from tests.asterisk.rig.sound import level, loudness
from tests.contracts.asterisk_stage import AsteriskStage
from tests.contracts.test_later import QUEUE, waits

pytestmark = pytest.mark.asterisk


async def test_the_file_has_the_callers_voice_in_it_and_no_number_in_its_name(stage: AsteriskStage) -> None:
    call = await waits(stage, key="")
    name = f"vm-{call}"
    stage.exchange.perform(
        TakeMessage(
            server=stage.server, call=call, queue=QUEUE, name=name, greeting="beep", longest_s=5, silence_s=4, key="any"
        )
    )
    await stage.sees(MessageLeft, leg=call, name=name)
    await stage.sees(LegEnded, leg=call)
    folder = stage.rig.pbx.recordings
    path = sound_file(folder, name)
    assert path.exists()
    assert "13800138000" not in path.name
    assert loudness(path, CUSTOMER_HZ) > 0.8
    assert level(path) > 0.05
    looked = look(folder, LookForMessage(server=stage.server, message=name, name=name))
    assert looked.bytes == path.stat().st_size
    assert 3.0 < looked.seconds < 7.0
