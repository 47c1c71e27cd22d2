"""Every SIP, SDP and RTP byte that reaches an agent's phone is searched for the customer's number, on a real Asterisk.

The carrier says the number in every header it may and in an UPDATE besides; of one trunk Asterisk believes it, and to one
phone Asterisk is set to say all it knows.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from telephony.commands import (
    ConnectToSeat,
    HoldCustomer,
    Originate,
    RingAgent,
    StartRecording,
)
from telephony.events import BridgeEntered, LegCreated, LegEnded, LegParked, RecordingBegan
from telephony.ids import AgentId, CallId, CampaignId, TrunkId
from telephony.numbers import PhoneNumber
from tests.asterisk.rig.floor import LISTENING, NAMING
from tests.asterisk.rig.listener import Listener
from tests.contracts.asterisk_stage import AsteriskStage
from tests.privacy.search import Search

pytestmark = pytest.mark.asterisk

WHOLE = "+8613812345678"
SEARCH = Search([WHOLE])
PATIENCE_S = 60.0


@asynccontextmanager
async def both(stage: AsteriskStage) -> AsyncIterator[tuple[Listener, Listener]]:
    """A phone that listens and a carrier that names people."""
    with Listener(stage.rig.listening) as phone, Listener(stage.rig.naming, names=True) as carrier:
        try:
            yield phone, carrier
        finally:
            await asyncio.to_thread(stage.rig.pbx.hang_up_all)


async def called(stage: AsteriskStage, trunk: str, caller_id: str = "4001234567") -> CallId:
    """The customer is called on this trunk, answers and waits."""
    call = stage.call_id()
    stage.exchange.perform(
        Originate(
            server=stage.server,
            call=call,
            campaign=CampaignId("privacy"),
            number=PhoneNumber(WHOLE),
            trunk=TrunkId(trunk),
            dial=f"PJSIP/{{digits}}@{trunk}",
            caller_id=caller_id,
            ring_s=20.0,
        )
    )
    await stage.sees(LegParked, leg=call)
    return call


async def until(done: Callable[[], bool], what: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not done():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert done(), what


async def talked(stage: AsteriskStage, phone: Listener, carrier: Listener, call: CallId) -> None:
    """They are recorded while they talk, the carrier names him again, he is held and hangs up."""
    name = f"privacy/{call}"
    stage.exchange.perform(StartRecording(server=stage.server, call=call, name=name))
    await stage.sees(RecordingBegan, leg=call)
    before = len(phone.heard)
    await until(lambda: len(phone.heard) > before + 5, "the phone hears him")
    answered = len(carrier.heard)
    carrier.names_again()
    await until(lambda: any(b"UPDATE" in said for said in carrier.heard[answered:]), "the exchange took note")
    await until(lambda: len(phone.heard) > before + 20, "the phone hears him still")
    stage.exchange.perform(HoldCustomer(server=stage.server, call=call))
    await until(lambda: len(phone.heard) > before + 30 or "BYE" in phone.requests, "the phone hears that he is held")
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)


def clean(stage: AsteriskStage, phone: Listener) -> None:
    packets = list(phone.heard)
    assert any(b"INVITE" in packet[:10] for packet in packets)
    assert any(packet[0] == 0x80 for packet in packets), "no RTP was heard"
    assert SEARCH.leaks((f"packet {n}: {packet[:300]!r}", packet) for n, packet in enumerate(packets)) == []
    recorded = [path.name for path in stage.rig.pbx.recordings.rglob("*")]
    assert any(name.endswith(".wav") for name in recorded)
    assert SEARCH.leaks(("recording", name) for name in recorded) == []


@pytest.mark.parametrize("trunk", NAMING)
@pytest.mark.parametrize("agent", LISTENING)
async def test_phone_in_its_seat_never_hears_whom_it_talks_to(stage: AsteriskStage, agent: str, trunk: str) -> None:
    async with both(stage) as (phone, carrier):
        leg = stage.seat(AgentId(agent), f"PJSIP/{agent}")
        await stage.sees(BridgeEntered, leg=leg)
        call = await called(stage, trunk)
        stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=AgentId(agent)))
        await stage.sees(BridgeEntered, leg=call)
        await talked(stage, phone, carrier, call)
        stage.hang_up(leg)
        await stage.sees(LegEnded, leg=leg)
        assert SEARCH.forms(b"".join(carrier.heard)), "the carrier itself was told no number"
        clean(stage, phone)


@pytest.mark.parametrize("trunk", NAMING)
@pytest.mark.parametrize("agent", LISTENING)
@pytest.mark.parametrize("caller_id", ["4001234567", ""])
async def test_phone_that_rings_for_each_call_never_hears_who_it_is(
    stage: AsteriskStage, agent: str, trunk: str, caller_id: str
) -> None:
    async with both(stage) as (phone, carrier):
        call = await called(stage, trunk, caller_id)
        endpoint = f"PJSIP/{agent}"
        stage.exchange.perform(
            RingAgent(
                server=stage.server,
                call=call,
                agent=AgentId(agent),
                endpoint=endpoint,
                ring_s=10.0,
                auto_answer=True,
            )
        )
        await stage.sees(BridgeEntered, leg=call)
        await talked(stage, phone, carrier, call)
        await until(lambda: "BYE" in phone.requests, "the phone is hung up")
        assert SEARCH.forms(b"".join(carrier.heard)), "the carrier itself was told no number"
        clean(stage, phone)


@pytest.mark.parametrize("way", ["caller_id", "name", "identity", "diversion", "header", "connected"])
async def test_dialplan_that_tells_the_number_is_found_by_the_same_search(stage: AsteriskStage, way: str) -> None:
    async with both(stage) as (phone, carrier):
        call = await called(stage, "trusted")
        channel = stage.seen(LegCreated, leg=call)[0].channel
        await stage.link.request({"Action": "Setvar", "Channel": channel, "Variable": "__WHOLE", "Value": WHOLE[1:]})
        await stage.link.request(
            {"Action": "Redirect", "Channel": channel, "Context": "careless", "Exten": way, "Priority": "1"}
        )
        await stage.sees(BridgeEntered, leg=call)
        carrier.names_again()
        await until(lambda: bool(SEARCH.forms(b"\n".join(phone.heard))), way)
        assert "INVITE" in phone.requests
