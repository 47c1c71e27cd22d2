"""What our dialplan does on a real Asterisk where the contract of exchanges is silent."""

import asyncio
import shutil

import pytest

from telephony.commands import (
    ConnectToSeat,
    HangUp,
    HoldCustomer,
    Originate,
    PlayAbandonMessage,
    RingAgent,
    StartRecording,
)
from telephony.events import (
    BridgeEntered,
    BridgeLeft,
    LegCreated,
    LegEnded,
    LegParked,
    OptOutPressed,
    OriginateEnded,
    RecordingBegan,
)
from telephony.ids import AgentId, CallId, CampaignId, TrunkId
from tests.asterisk.rig.probe import Probe
from tests.asterisk.rig.sipp import AGENT_HZ, CUSTOMER_HZ, MUSIC_HZ
from tests.asterisk.rig.sound import level, loudness
from tests.asterisk.scenes import parked, seated, talking
from tests.contracts.asterisk_stage import AsteriskStage
from tests.contracts.stage import Fate, Phone

pytestmark = pytest.mark.asterisk

PRESSES_EVERY_S = 0.5


async def press(stage: AsteriskStage, call: CallId, digit: str) -> None:
    """The customer presses a key on his phone."""
    channel = stage.seen(LegCreated, leg=call)[0].channel
    await stage.link.request({"Action": "PlayDTMF", "Channel": channel, "Digit": digit, "Receive": "true"})


async def opts_out(stage: AsteriskStage, call: CallId, digit: str) -> None:
    """He presses the key until he is heard: a key pressed before the message has begun is lost."""
    while not await stage.until(lambda: bool(stage.seen(OptOutPressed, leg=call)), PRESSES_EVERY_S):
        assert not stage.seen(LegEnded, leg=call), "he was hung up before his key was heard"
        await press(stage, call, digit)


def abandon(stage: AsteriskStage, call: CallId) -> None:
    stage.exchange.perform(PlayAbandonMessage(server=stage.server, call=call))


async def test_customer_whose_agent_loses_the_seat_is_parked_again(stage: AsteriskStage) -> None:
    _, leg, call = await talking(stage)
    stage.exchange.perform(HangUp(server=stage.server, leg=leg))
    await stage.sees(LegParked, leg=call, times=2)
    assert stage.seen(BridgeLeft, leg=call)
    agent, _ = await seated(stage)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))
    await stage.sees(BridgeEntered, leg=call, times=2)


async def test_customer_moved_to_an_empty_seat_is_parked_again_and_not_left_alone(stage: AsteriskStage) -> None:
    call = await parked(stage)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=AgentId("1001")))
    await stage.sees(LegParked, leg=call, times=2)
    assert not stage.seen(BridgeEntered, leg=call)


@pytest.mark.parametrize("agent", ["7", "i", "a.b_C", "hans"])
async def test_any_agent_name_the_settings_allow_has_a_seat_of_its_own(stage: AsteriskStage, agent: str) -> None:
    _, endpoint = stage.phone(Phone.ANSWERS)
    leg = stage.seat(AgentId(agent), endpoint)
    await stage.sees(BridgeEntered, leg=leg)
    assert f"seat-{agent}" in stage.rig.pbx.cli("confbridge list")
    call = await parked(stage)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=AgentId(agent)))
    await stage.sees(BridgeEntered, leg=call)
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)
    rooms = stage.rig.pbx.cli("confbridge list")
    assert rooms.count("seat-") == 1


@pytest.mark.parametrize("habit", [Phone.ABSENT, Phone.IGNORES])
async def test_seat_that_could_not_be_taken_leaves_nothing_behind(
    stage: AsteriskStage, probe: Probe, habit: Phone
) -> None:
    leg = stage.seat(*stage.phone(habit), ring_s=1.0)
    assert not (await stage.sees(OriginateEnded, leg=leg)).ok
    assert await stage.until(
        lambda: stage.rig.pbx.cli("core show channels count").startswith("0 active"), stage.patience_s
    )
    assert not probe.seen("BridgeEnter")
    assert not probe.seen("ConfbridgeStart")
    assert "seat-" not in stage.rig.pbx.cli("confbridge list")


@pytest.mark.parametrize(
    ("habit", "endpoint", "word"),
    [(Phone.IGNORES, "", "NOANSWER"), (Phone.ABSENT, "", "CHANUNAVAIL"), (Phone.ABSENT, "Nothing/1001", "CHANUNAVAIL")],
)
async def test_customer_who_comes_back_from_a_ring_or_an_empty_seat_tells_why(
    stage: AsteriskStage, habit: Phone, endpoint: str, word: str
) -> None:
    agent, phone = stage.phone(habit)
    call = await parked(stage)
    assert stage.seen(LegParked, leg=call)[0].dial == ""
    stage.exchange.perform(
        RingAgent(
            server=stage.server, call=call, agent=agent, endpoint=endpoint or phone, ring_s=1.0, auto_answer=False
        )
    )
    assert (await stage.sees(LegParked, leg=call, times=2)).dial == word
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))
    assert (await stage.sees(LegParked, leg=call, times=3)).dial == "SEAT_EMPTY"


async def test_each_side_of_a_talk_is_recorded_by_itself(stage: AsteriskStage) -> None:
    agent, _ = await seated(stage)
    call = await parked(stage, Fate.ANSWERS_TALKING)
    stage.exchange.perform(StartRecording(server=stage.server, call=call, name="talk"))
    await stage.sees(RecordingBegan, leg=call)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))
    await stage.sees(BridgeEntered, leg=call)
    await stage.passes(2.0)
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)
    folder = stage.rig.pbx.recordings
    customer, spoken, both = (folder / f"talk{side}.wav" for side in ("-rx", "-tx", ""))
    assert await stage.until(lambda: both.exists() and both.stat().st_size > 16_000, stage.patience_s)
    assert loudness(customer, CUSTOMER_HZ) > 0.9
    assert loudness(spoken, AGENT_HZ) > 0.6
    assert loudness(spoken, CUSTOMER_HZ) < 0.01
    assert loudness(customer, AGENT_HZ) < 0.01
    assert loudness(both, CUSTOMER_HZ) > 0.2
    assert loudness(both, AGENT_HZ) > 0.2
    assert level(customer) > 0.1


async def test_customer_on_hold_hears_music_and_the_agent_stays(stage: AsteriskStage) -> None:
    agent, leg, call = await talking(stage)
    stage.exchange.perform(HoldCustomer(server=stage.server, call=call))
    await stage.sees(BridgeLeft, leg=call)
    stage.exchange.perform(StartRecording(server=stage.server, call=call, name="hold"))
    await stage.sees(RecordingBegan, leg=call)
    await stage.passes(1.5)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))
    await stage.sees(BridgeEntered, leg=call, times=2)
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)
    heard = stage.rig.pbx.recordings / "hold-tx.wav"
    assert await stage.until(lambda: heard.exists() and heard.stat().st_size > 8_000, stage.patience_s)
    assert loudness(heard, MUSIC_HZ) > 0.6
    assert not stage.seen(LegEnded, leg=leg)


async def test_without_music_the_customer_waits_in_silence(stage: AsteriskStage) -> None:
    etc = stage.rig.pbx.run / "etc/musiconhold.conf"
    with_music = etc.read_text()
    etc.write_text("[general]\n")
    await asyncio.to_thread(stage.rig.pbx.cli, "moh reload")
    try:
        assert "default" not in stage.rig.pbx.cli("moh show classes")
        call = await parked(stage)
        await stage.passes(1.0)
        stage.exchange.perform(HoldCustomer(server=stage.server, call=call))
        await stage.passes(1.0)
        assert not stage.seen(LegEnded, leg=call)
    finally:
        etc.write_text(with_music)
        await asyncio.to_thread(stage.rig.pbx.cli, "moh reload")


async def test_customer_who_presses_nine_is_not_to_be_called_again(stage: AsteriskStage) -> None:
    call = await parked(stage)
    abandon(stage, call)
    await opts_out(stage, call, "9")
    ended = await stage.sees(LegEnded, leg=call)
    assert ended.cause == 16


async def test_customer_who_presses_another_key_is_hung_up_all_the_same(stage: AsteriskStage) -> None:
    call = await parked(stage)
    abandon(stage, call)
    await stage.passes(0.5)
    await press(stage, call, "4")
    await stage.sees(LegEnded, leg=call)
    assert not stage.seen(OptOutPressed)


async def test_the_campaigns_own_key_opts_out_and_the_usual_one_no_longer_does(stage: AsteriskStage) -> None:
    call = await parked(stage)
    stage.exchange.perform(PlayAbandonMessage(server=stage.server, call=call, message="music-on-hold", opt_out_key="*"))
    await stage.passes(0.5)
    await press(stage, call, "9")
    await stage.passes(0.5)
    assert not stage.seen(OptOutPressed)
    await opts_out(stage, call, "*")
    await stage.sees(LegEnded, leg=call)


async def test_abandoned_customer_hears_the_recorded_message(stage: AsteriskStage) -> None:
    prompt = stage.rig.pbx.run / "data/sounds/switchroom-abandoned.ulaw"
    shutil.copy(stage.rig.pbx.run / "moh/music.ulaw", prompt)
    try:
        call = await parked(stage)
        stage.exchange.perform(StartRecording(server=stage.server, call=call, name="abandoned"))
        await stage.sees(RecordingBegan, leg=call)
        abandon(stage, call)
        await stage.passes(2.0)
        await opts_out(stage, call, "9")
        await stage.sees(LegEnded, leg=call)
        heard = stage.rig.pbx.recordings / "abandoned-tx.wav"
        assert await stage.until(lambda: heard.exists() and heard.stat().st_size > 8_000, stage.patience_s)
        assert loudness(heard, MUSIC_HZ) > 0.5
    finally:
        prompt.unlink()


async def test_agents_phone_is_never_shown_the_customers_number(stage: AsteriskStage) -> None:
    agent, endpoint = stage.phone(Phone.IGNORES)
    number, call = stage.number(Fate.ANSWERS), stage.call_id()
    stage.exchange.perform(
        Originate(
            server=stage.server,
            call=call,
            campaign=CampaignId("privacy"),
            number=number,
            trunk=TrunkId("carrier"),
            dial=stage.template,
            caller_id="4001234567",
            ring_s=20.0,
        )
    )
    await stage.sees(LegParked, leg=call)
    stage.exchange.perform(
        RingAgent(server=stage.server, call=call, agent=agent, endpoint=endpoint, ring_s=1.0, auto_answer=True)
    )
    await stage.sees(LegParked, leg=call, times=2)
    digits = number.for_exchange("{digits}")
    told = stage.rig.ignoring.messages
    assert f"INVITE sip:{agent}@" in told
    assert f'From: "Switchroom" <sip:{call.replace("-", "")}@' in told
    assert "Call-Info: <sip:switchroom>;answer-after=0" in told
    assert digits in stage.rig.carrier.messages
    assert digits not in told
