"""Who hears whom, proved by tones on a real Asterisk: agent, customer and supervisor speak a frequency each.

And no SIP byte that reaches the supervisor's phone tells the customer's number.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack

import pytest
import pytest_asyncio

from telephony.commands import (
    CallSupervisor,
    ConnectToSeat,
    HangUp,
    MoveSupervisor,
    MuteRecording,
    Originate,
    RingAgent,
    SendHome,
    StartRecording,
)
from telephony.events import BridgeEntered, LegCreated, LegEnded, LegParked, RecordingBegan, RecordingMuted, SpyBegan
from telephony.ids import AgentId, CallId, CampaignId, LegId, TrunkId, ear_leg
from telephony.numbers import PhoneNumber
from tests.asterisk.rig.floor import TONAL_PHONES, TONAL_TRUNK
from tests.asterisk.rig.sound import samples
from tests.asterisk.rig.tonal import TonalParty, amplitude
from tests.contracts.asterisk_stage import AsteriskStage
from tests.privacy.search import Search

pytestmark = pytest.mark.asterisk

WHOLE = "+8613812345678"
AGENT, SUPERVISOR = AgentId(TONAL_PHONES[0]), AgentId(TONAL_PHONES[2])
HERTZ = {"agent": 700.0, "supervisor": 1100.0, "customer": 400.0}
LISTENS_S, SETTLES_S = 1.0, 0.3
LOUD, SILENT = 0.3, 0.05
"""A tone is spoken at half the full level; less than a tenth of that is nobody's voice."""


class Talk:
    """An agent and a customer who talk and are recorded, with a supervisor's phone at hand."""

    def __init__(self, stage: AsteriskStage, stack: ExitStack) -> None:
        self.stage = stage
        places = dict(zip(("agent", "supervisor"), (TONAL_PHONES[0], TONAL_PHONES[2]), strict=True))
        places["customer"] = TONAL_TRUNK
        self.who = {
            name: stack.enter_context(TonalParty(stage.rig.tonal[place], HERTZ[name])) for name, place in places.items()
        }
        self.call, self.leg, self.ear = CallId(""), LegId(""), ear_leg("")
        self.began_at = 0.0

    async def begins(self, mode: str) -> None:
        stage = self.stage
        if mode == "seat":
            self.leg = stage.seat(AGENT, f"PJSIP/{AGENT}")
            await stage.sees(BridgeEntered, leg=self.leg)
        self.call = stage.call_id()
        stage.exchange.perform(
            Originate(
                server=stage.server,
                call=self.call,
                campaign=CampaignId("tones"),
                number=PhoneNumber(WHOLE),
                trunk=TrunkId(TONAL_TRUNK),
                dial=f"PJSIP/{{digits}}@{TONAL_TRUNK}",
                caller_id="4001234567",
                ring_s=20.0,
            )
        )
        await stage.sees(LegParked, leg=self.call)
        stage.exchange.perform(StartRecording(server=stage.server, call=self.call, name=f"tones/{self.call}"))
        await stage.sees(RecordingBegan, leg=self.call)
        self.began_at = asyncio.get_running_loop().time()
        if mode == "seat":
            stage.exchange.perform(ConnectToSeat(server=stage.server, call=self.call, agent=AGENT))
        else:
            stage.exchange.perform(
                RingAgent(
                    server=stage.server,
                    call=self.call,
                    agent=AGENT,
                    endpoint=f"PJSIP/{AGENT}",
                    ring_s=10.0,
                    auto_answer=True,
                )
            )
        await stage.sees(BridgeEntered, leg=self.call)
        if mode != "seat":
            self.leg = next(e.leg for e in stage.seen(LegCreated, linked=self.call) if e.leg != self.call)

    async def supervised(self, way: str) -> None:
        self.ear = ear_leg(f"{self.call}")
        self.stage.exchange.perform(
            CallSupervisor(
                server=self.stage.server,
                leg=self.ear,
                endpoint=f"PJSIP/{SUPERVISOR}",
                way=way,
                on=self.leg,
                agent=AGENT,
                ring_s=10.0,
                auto_answer=True,
            )
        )
        await self.stage.sees(SpyBegan, leg=self.ear)

    def turn(self, way: str) -> None:
        self.stage.exchange.perform(
            MoveSupervisor(server=self.stage.server, leg=self.ear, way=way, on=self.leg, agent=AGENT)
        )

    async def hears(self, *, within_s: float = 20.0, **expected: set[str]) -> None:
        """Until each of these hears those tones and no other, for a second on end."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while (found := await self._heard(tuple(expected))) != expected:
            assert loop.time() < deadline, f"{found} instead of {expected}"

    async def _heard(self, names: tuple[str, ...]) -> dict[str, set[str]]:
        await asyncio.sleep(SETTLES_S)
        ears = {name: self.who[name].up[-1] if self.who[name].up else None for name in names}
        since = {name: ear.seconds for name, ear in ears.items() if ear is not None}
        await asyncio.sleep(LISTENS_S)
        found: dict[str, set[str]] = {}
        for name, ear in ears.items():
            found[name] = set()
            for voice, hertz in HERTZ.items():
                loud = ear.amplitude(hertz, since[name], ear.seconds) if ear is not None else 0.0
                if loud > LOUD:
                    found[name].add(voice)
                elif loud > SILENT:
                    found[name].add(f"{voice} faintly")
        return found


@pytest_asyncio.fixture
async def talk(stage: AsteriskStage) -> AsyncIterator[Callable[[], Talk]]:
    with ExitStack() as stack:
        yield lambda: Talk(stage, stack)
        await asyncio.to_thread(stage.rig.pbx.hang_up_all)


@pytest.mark.parametrize("mode", ["seat", "ring"])
async def test_listening_hears_both_whisper_reaches_the_agent_alone_and_barge_both(
    talk: Callable[[], Talk], mode: str
) -> None:
    on = talk()
    await on.begins(mode)
    await on.hears(agent={"customer"}, customer={"agent"})
    await on.supervised("listen")
    await on.hears(agent={"customer"}, customer={"agent"}, supervisor={"agent", "customer"})
    on.turn("whisper")
    await on.hears(agent={"customer", "supervisor"}, customer={"agent"}, supervisor={"agent", "customer"})
    on.turn("barge")
    await on.hears(agent={"customer", "supervisor"}, customer={"agent", "supervisor"}, supervisor={"agent", "customer"})
    on.turn("listen")
    await on.hears(agent={"customer"}, customer={"agent"}, supervisor={"agent", "customer"})
    on.stage.exchange.perform(HangUp(server=on.stage.server, leg=on.ear))
    await on.stage.sees(LegEnded, leg=on.ear)
    await on.hears(agent={"customer"}, customer={"agent"})
    heard = [(f"packet {n}", packet) for n, packet in enumerate(on.who["supervisor"].packets)]
    assert any(b"INVITE" in packet[:10] for _, packet in heard)
    assert Search([WHOLE]).leaks(heard) == []
    assert Search([WHOLE]).forms(b"".join(on.who["customer"].packets)), "the carrier itself was told no number"


@pytest.mark.parametrize("mode", ["seat", "ring"])
async def test_after_a_take_over_supervisor_and_customer_hear_each_other_and_the_former_agent_nobody(
    talk: Callable[[], Talk], mode: str
) -> None:
    on = talk()
    await on.begins(mode)
    own = on.stage.seat(SUPERVISOR, f"PJSIP/{SUPERVISOR}")
    await on.stage.sees(BridgeEntered, leg=own)
    on.stage.exchange.perform(
        MoveSupervisor(server=on.stage.server, leg=own, way="listen", on=on.leg, agent=AGENT, back=SUPERVISOR)
    )
    await on.hears(agent={"customer"}, customer={"agent"}, supervisor={"agent", "customer"})
    on.stage.exchange.perform(SendHome(server=on.stage.server, leg=own, agent=SUPERVISOR))
    await on.stage.sees(BridgeEntered, leg=own, times=2)
    on.stage.exchange.perform(ConnectToSeat(server=on.stage.server, call=on.call, agent=SUPERVISOR))
    await on.hears(agent=set(), customer={"supervisor"}, supervisor={"customer"})
    on.stage.exchange.perform(HangUp(server=on.stage.server, leg=LegId(on.call)))
    await on.stage.sees(LegEnded, leg=on.call)
    voices = _voices(on, 0.8)
    assert voices == {"-rx": {"customer"}, "-tx": {"supervisor"}}, "the recording went on"


@pytest.mark.parametrize("mode", ["seat", "ring"])
async def test_paused_recording_is_silent_both_ways_and_goes_on_with_sound(talk: Callable[[], Talk], mode: str) -> None:
    on = talk()
    await on.begins(mode)
    await on.hears(agent={"customer"}, customer={"agent"})
    on.stage.exchange.perform(MuteRecording(server=on.stage.server, call=on.call, muted=True))
    await on.stage.sees(RecordingMuted, leg=on.call, muted=True)
    await on.hears(agent={"customer"}, customer={"agent"})
    on.stage.exchange.perform(MuteRecording(server=on.stage.server, call=on.call, muted=False))
    await on.stage.sees(RecordingMuted, leg=on.call, muted=False)
    await on.hears(agent={"customer"}, customer={"agent"})
    on.stage.exchange.perform(HangUp(server=on.stage.server, leg=LegId(on.call)))
    await on.stage.sees(LegEnded, leg=on.call)
    for suffix, voice in (("-rx", "customer"), ("-tx", "agent")):
        sound, rate = samples(on.stage.rig.pbx.recordings / f"tones/{on.call}{suffix}.wav")
        tenth = rate // 10
        spoken = [amplitude(sound[at : at + tenth], HERTZ[voice]) > LOUD for at in range(0, len(sound) - tenth, tenth)]
        turns = [spoken[0], *(b for a, b in itertools.pairwise(spoken) if a is not b)]
        first = turns.index(True)
        assert turns[first : first + 3] == [True, False, True], f"{suffix}: {turns}"
        silence = max(len(run) for run in "".join("x" if s else "." for s in spoken).strip(".").split("x"))
        assert silence >= 10, f"{suffix}: silent for {silence / 10} s only"


def _voices(on: Talk, seconds: float) -> dict[str, set[str]]:
    """Which voices the last so many seconds of the call's recording hold, by side."""
    found: dict[str, set[str]] = {}
    for suffix in ("-rx", "-tx"):
        sound, rate = samples(on.stage.rig.pbx.recordings / f"tones/{on.call}{suffix}.wav")
        last = sound[-int(seconds * rate) :]
        found[suffix] = {voice for voice, hertz in HERTZ.items() if amplitude(last, hertz) > LOUD}
    return found
