"""The carrier that counts for itself: what it hears in a call, and what it notes of who answered, listened and hung up."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable

import pytest

from benchmarks.carrier_note import CUSTOMER, PBX, Note
from simulator.legs import Ending, Fate
from tests.asterisk.rig.counting import RTP_PORT, SIP_PORT, CountingCarrier
from tests.asterisk.rig.hearing import FRAME, MESSAGE_HZ, Sound, heard
from tests.asterisk.rig.sipp import AGENT_HZ, CUSTOMER_HZ, MUSIC_HZ, ulaw

NETWORK = f"127.219.{os.getpid() % 250 + 1}"
HOST, PBX_HOST = f"{NETWORK}.2", f"{NETWORK}.1"
PATIENCE_S, LOOK_S = 10.0, 0.005


class Everybody:
    """A population in which all have one fate."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate

    def fate(self, digits: str, now: float) -> Fate:
        return self._fate


class Exchange:
    """A PBX that places one call and hears what the carrier says."""

    def __init__(self) -> None:
        self.sip, self.sound = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for wire in (self.sip, self.sound):
            wire.bind((PBX_HOST, 0))
            wire.setblocking(False)
        self.said: list[str] = []

    def send(self, method: str, *, body: str = "", to_tag: str = "") -> None:
        host, port = self.sip.getsockname()
        text = (
            f"{method} sip:8613800000000@{HOST}:{SIP_PORT} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bK1\r\n"
            f"From: <sip:pbx@{host}>;tag=p\r\nTo: <sip:8613800000000@{HOST}>{to_tag}\r\nCall-ID: one@{host}\r\n"
            f"CSeq: 1 {method}\r\nContact: <sip:pbx@{host}:{port}>\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        )
        self.sip.sendto(text.encode(), (HOST, SIP_PORT))

    def invite(self) -> None:
        host, port = self.sound.getsockname()
        self.send("INVITE", body=f"v=0\r\nc=IN IP4 {host}\r\nm=audio {port} RTP/AVP 0\r\n")

    def speak(self, hertz: float) -> None:
        head = struct.pack("!BBHII", 0x80, 0, 1, FRAME, 5)
        self.sound.sendto(head + ulaw(hertz, 0, FRAME), (HOST, RTP_PORT))

    async def hears(self, word: str) -> None:
        """Wait for a message that begins so."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_S):
            while not any(message.startswith(word) for message in self.said):
                self.said.append((await loop.sock_recv(self.sip, 65_535)).decode())

    def close(self) -> None:
        self.sip.close()
        self.sound.close()


async def until(done: Callable[[], bool]) -> None:
    for _ in range(round(PATIENCE_S / LOOK_S)):
        if done():
            return
        await asyncio.sleep(LOOK_S)
    raise TimeoutError


async def called(fate: Fate, story: Callable[[Exchange, Note], object]) -> tuple[Note, list[str]]:
    """What the carrier noted of one call, and what it said."""
    exchange = Exchange()
    try:
        async with CountingCarrier(HOST, Everybody(fate)) as carrier:
            exchange.invite()
            await until(lambda: bool(carrier.notes))
            told = story(exchange, carrier.notes[0])
            if asyncio.iscoroutine(told):
                await told
            await until(lambda: carrier.notes[0].ended_at is not None)
            assert not carrier.strange
            return carrier.notes[0], exchange.said
    finally:
        exchange.close()


@pytest.mark.parametrize(
    ("hertz", "sound"),
    [(AGENT_HZ, Sound.AGENT), (MUSIC_HZ, Sound.MUSIC), (MESSAGE_HZ, Sound.MESSAGE), (CUSTOMER_HZ, Sound.OTHER)],
)
def test_each_sound_is_known_by_its_tone_wherever_the_frame_begins(hertz: float, sound: Sound) -> None:
    assert {heard(ulaw(hertz, first, FRAME)) for first in range(0, 4 * FRAME, 37)} == {sound}


def test_silence_and_an_empty_frame_are_no_sound() -> None:
    assert heard(b"\xff" * FRAME) is Sound.SILENCE
    assert heard(b"") is Sound.SILENCE


async def test_customer_who_hears_an_agent_talks_and_hangs_up() -> None:
    async def story(exchange: Exchange, note: Note) -> None:
        await exchange.hears("SIP/2.0 200 OK")
        exchange.send("ACK", to_tag=";tag=c1")
        exchange.speak(MUSIC_HZ)
        exchange.speak(AGENT_HZ)
        await exchange.hears("BYE ")

    note, said = await called(Fate(Ending.ANSWERS, setup_s=0.01, ring_s=0.01, talk_s=0.05), story)
    assert [message.split("\r\n")[0] for message in said[:3]] == [
        "SIP/2.0 100 Trying",
        "SIP/2.0 180 Ringing",
        "SIP/2.0 200 OK",
    ]
    assert note.answered_at is not None
    assert note.agent_at is not None
    assert note.music_at is not None
    assert note.invited_at < note.answered_at <= note.music_at <= note.agent_at
    assert note.message_at is None
    assert note.ended_by == CUSTOMER


async def test_customer_who_hears_the_message_is_hung_up_by_the_exchange() -> None:
    async def story(exchange: Exchange, note: Note) -> None:
        await exchange.hears("SIP/2.0 200 OK")
        exchange.send("ACK", to_tag=";tag=c1")
        exchange.speak(MESSAGE_HZ)
        await until(lambda: note.message_at is not None)
        exchange.send("BYE", to_tag=";tag=c1")

    note, _ = await called(Fate(Ending.ANSWERS, setup_s=0.01, ring_s=0.01), story)
    assert note.agent_at is None
    assert note.ended_by == PBX


async def test_impatient_customer_hangs_up_when_he_hears_nothing() -> None:
    note, _ = await called(
        Fate(Ending.ANSWERS, setup_s=0.01, ring_s=0.01, patience_s=0.05), lambda exchange, _: exchange.hears("BYE ")
    )
    assert note.agent_at is None
    assert note.ended_by == CUSTOMER


async def test_busy_line_is_refused_and_a_ringing_one_ends_when_the_exchange_gives_up() -> None:
    busy, _ = await called(Fate(Ending.BUSY, setup_s=0.01), lambda exchange, _: exchange.hears("SIP/2.0 486"))
    assert busy.answered_at is None

    async def gives_up(exchange: Exchange, note: Note) -> None:
        await exchange.hears("SIP/2.0 180")
        exchange.send("CANCEL")
        await exchange.hears("SIP/2.0 487")

    rung, _ = await called(Fate(Ending.RINGS_OUT, setup_s=0.01), gives_up)
    assert rung.answered_at is None
    assert rung.ended_by == PBX
