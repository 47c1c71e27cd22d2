"""A carrier whose customers live by the laws of a scenario and that counts for itself: who answered, who heard an agent
and when, who heard the message, who hung up. It knows SIP and sound, and nothing of the product.
"""

import asyncio
import itertools
import socket
import struct
import time
from collections.abc import Callable
from types import TracebackType

from benchmarks.carrier_note import CUSTOMER, PBX, Note
from simulator.legs import Ending, Population
from tests.asterisk.rig.hearing import FRAME, heard
from tests.asterisk.rig.party import FINAL, Party
from tests.asterisk.rig.sipp import CUSTOMER_HZ, ulaw
from tests.asterisk.rig.sipwords import Request, answer, bye, read, status_of

SIP_PORT, RTP_PORT = 5080, 6000
FRAME_S = 0.02
AGAIN_S = 0.5
HELLO_FRAMES, WORD_FRAMES, PAUSE_FRAMES = 12, 12, 6
"""A person says one short word and listens; a machine speaks words of 240 ms with 120 ms between them."""
LISTENS_EVERY = 10
"""Once the agent has been heard only every so many frames are looked at."""
SILENT = b"\xff" * FRAME
FRAME_HEAD = struct.Struct("!BBHII")


class CountingCarrier:
    """At `host`:5080 while entered, in the running event loop. `shortened` divides the times of fates, not patience."""

    def __init__(self, host: str, customers: Population, *, shortened: float = 1.0) -> None:
        self.host = host
        self.notes: list[Note] = []
        """Every call so far, in the order in which they came."""
        self.strange: list[str] = []
        """SIP that should not have come, in words without numbers."""
        self._customers, self._shortened = customers, shortened
        self._parties: dict[str, Party] = {}
        self._by_port: dict[int, Party] = {}
        self._serial = itertools.count(1)
        self._word = [ulaw(CUSTOMER_HZ, FRAME * n, FRAME) for n in range(50)]
        self._sip, self._sound = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self._speaking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "CountingCarrier":
        self._loop = asyncio.get_running_loop()
        for wire, port, hear in ((self._sip, SIP_PORT, self._hear), (self._sound, RTP_PORT, self._listen)):
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            wire.bind((self.host, port))
            wire.setblocking(False)
            self._loop.add_reader(wire, self._drain, wire, hear)
        self._speaking = asyncio.create_task(self._speak(), name="carrier speaks")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._speaking is not None
        self._speaking.cancel()
        await asyncio.gather(self._speaking, return_exceptions=True)
        for wire in (self._sip, self._sound):
            self._loop.remove_reader(wire)
            wire.close()

    @property
    def in_progress(self) -> int:
        return sum(not party.over for party in self._parties.values())

    def _drain(self, wire: socket.socket, hear: Callable[[bytes, tuple[str, int]], None]) -> None:
        while True:
            try:
                packet, sender = wire.recvfrom(65_535)
            except BlockingIOError:
                return
            hear(packet, sender)

    # SIP

    def _hear(self, packet: bytes, sender: tuple[str, int]) -> None:
        request = read(packet, sender)
        if request is None:
            if (reply := status_of(packet)) and reply[2].endswith("BYE"):
                self._parties.pop(reply[1], None)
            return
        party = self._parties.get(request.call)
        match request.method:
            case "INVITE" if party is None:
                self._invited(request)
            case "INVITE" if party is not None and request.in_dialogue:
                self._send(answer(request, "200 OK", self.host, SIP_PORT, party.tag, RTP_PORT), sender)
            case "INVITE" if party is not None:
                self._send(party.said, sender)
            case "ACK" if party is not None:
                party.acknowledged = True
                if party.over and party.note.ended_by not in (PBX, CUSTOMER):
                    del self._parties[request.call]
            case "CANCEL" if party is not None:
                self._send(answer(request, "200 OK", self.host, SIP_PORT, party.tag), sender)
                if not party.up and not party.over:
                    self._refuse(party, "487 Request Terminated", PBX)
            case "BYE":
                self._send(answer(request, "200 OK", self.host, SIP_PORT, ""), sender)
                if party is not None and not party.over:
                    self._end(party, PBX)
                self._parties.pop(request.call, None)
            case "OPTIONS":
                self._send(answer(request, "200 OK", self.host, SIP_PORT, "options"), sender)
            case "ACK" | "CANCEL":
                pass
            case method:
                self.strange.append(method)

    def _invited(self, invite: Request) -> None:
        now = time.time()
        fate = self._customers.fate(invite.number, now)
        party = Party(invite, fate, f"c{next(self._serial)}", now)
        self._parties[invite.call] = party
        self.notes.append(party.note)
        self._say(party, "100 Trying")
        if fate.ending in (Ending.BUSY, Ending.CONGESTED, Ending.NOT_ASSIGNED):
            final = FINAL[fate.ending]
            self._plan(party, fate.setup_s / self._shortened, lambda: self._refuse(party, final, final))
        else:
            self._plan(party, fate.setup_s / self._shortened, lambda: self._ring(party))

    def _ring(self, party: Party) -> None:
        self._say(party, "180 Ringing")
        fate = party.fate
        ring_s = fate.ring_s / self._shortened
        if fate.ending is Ending.ANSWERS:
            self._plan(party, ring_s, lambda: self._pick_up(party))
        elif final := FINAL.get(fate.ending):
            self._plan(party, ring_s, lambda: self._refuse(party, final, final))

    def _pick_up(self, party: Party) -> None:
        media = party.invite.media
        if media is None:
            self.strange.append("INVITE without sound")
            return
        self._by_port[media[1]] = party
        party.note.answered_at = time.time()
        self._say(party, "200 OK", RTP_PORT)
        self._until_acknowledged(party)
        self._plan(party, party.fate.patience_s, lambda: self._hang_up(party))

    def _until_acknowledged(self, party: Party) -> None:
        if party.up and not party.acknowledged:
            self._loop.call_later(AGAIN_S, self._say_again, party)

    def _say_again(self, party: Party) -> None:
        if party.up and not party.acknowledged:
            self._send(party.said, party.invite.sender)
            self._until_acknowledged(party)

    def _refuse(self, party: Party, final: str, by: str) -> None:
        self._end(party, by)
        self._say(party, final)

    def _hang_up(self, party: Party) -> None:
        self._end(party, CUSTOMER)
        self._send(bye(party.invite, self.host, SIP_PORT, party.tag, party.fate.ended_by), party.invite.sender)

    def _end(self, party: Party, by: str) -> None:
        party.turn += 1
        party.note.ended_at, party.note.ended_by = time.time(), by
        media = party.invite.media
        if media is not None and self._by_port.get(media[1]) is party:
            del self._by_port[media[1]]

    def _plan(self, party: Party, after_s: float, act: Callable[[], None]) -> None:
        """Do this unless the call goes on otherwise before."""
        party.turn += 1
        turn = party.turn
        self._loop.call_later(min(after_s, 86_400.0), lambda: act() if party.turn == turn and not party.over else None)

    def _say(self, party: Party, status: str, sound_port: int | None = None) -> None:
        tag = "" if status.startswith("100") else party.tag
        party.said = answer(party.invite, status, self.host, SIP_PORT, tag, sound_port)
        self._send(party.said, party.invite.sender)

    def _send(self, packet: bytes, to: tuple[str, int]) -> None:
        try:
            self._sip.sendto(packet, to)
        except OSError as error:
            self.strange.append(f"not sent: {error.strerror}")

    # sound

    def _listen(self, packet: bytes, sender: tuple[str, int]) -> None:
        party = self._by_port.get(sender[1])
        if party is None or len(packet) < 12 or packet[1] & 0x7F:
            return
        party.unheard += 1
        if party.note.agent_at is not None and party.unheard % LISTENS_EVERY:
            return
        if party.hears(heard(packet[12:]), time.time()):
            talk_s = party.fate.talk_s
            if talk_s is not None:
                self._plan(party, talk_s / self._shortened, lambda: self._hang_up(party))

    async def _speak(self) -> None:
        """Every 20 ms a frame into every call that is up."""
        due = self._loop.time()
        while True:
            due = max(due + FRAME_S, self._loop.time() - 5 * FRAME_S)
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            for party in list(self._by_port.values()):
                n, party.frames = party.frames, party.frames + 1
                head = FRAME_HEAD.pack(0x80, 0, n & 0xFFFF, n * FRAME & 0xFFFFFFFF, 77)
                media = party.invite.media
                if media is not None:
                    self._sound.sendto(head + self._frame(party, n), media)

    def _frame(self, party: Party, n: int) -> bytes:
        if party.note.machine:
            speaks = n % (WORD_FRAMES + PAUSE_FRAMES) < WORD_FRAMES
        else:
            speaks = n < HELLO_FRAMES or party.note.agent_at is not None
        return self._word[n % len(self._word)] if speaks else SILENT
