"""A SIP party that speaks one tone into every call it answers and keeps all it hears, so that audio is proved by ear."""

import selectors
import socket
import struct
import threading
import time
from types import TracebackType

import numpy as np
import numpy.typing as npt

from tests.asterisk.rig.hearing import FRAME, LEVELS
from tests.asterisk.rig.sipp import RATE, ulaw
from tests.asterisk.rig.sipwords import Request, answer, bye, read

SIP_PORT, FIRST_RTP_PORT = 5080, 6000
FRAME_S = 0.02
WORD = 50
"""Frames after which the tone repeats; a second, so that whole hertz go on without a click."""
NOISE = 0.002
"""Least amplitude of a tone (full level is 1.0) that was spoken and is no echo of rounding."""
HEAD = struct.Struct("!BBHII")


class Ear:
    """One call a party has answered: what came in, in order."""

    def __init__(self, invite: Request, wire: socket.socket, tag: str) -> None:
        self.invite, self.wire, self.tag = invite, wire, tag
        self.heard = bytearray()
        self.frames = 0
        self.over = False

    @property
    def seconds(self) -> float:
        """How much was heard so far."""
        return len(self.heard) / RATE

    def amplitude(self, hertz: float, since_s: float, until_s: float) -> float:
        """How loud a tone was between two instants of what was heard; half the full level is as it was spoken."""
        codes = np.frombuffer(bytes(self.heard[int(since_s * RATE) : int(until_s * RATE)]), dtype=np.uint8)
        return amplitude(LEVELS[codes], hertz)


def amplitude(sound: npt.NDArray[np.float32] | npt.NDArray[np.float64], hertz: float) -> float:
    """The amplitude of one tone in the samples at 8 kHz, by correlation with it under a window; 0 for no sound."""
    if len(sound) < RATE // 10:
        return 0.0
    window = np.hanning(len(sound))
    wave = np.exp(-2j * np.pi * hertz * np.arange(len(sound)) / RATE)
    return float(2 * abs((sound * window) @ wave) / window.sum())


class TonalParty:
    """At `host`:5080 while entered; answers whatever comes, speaks `hertz` and hangs up when told."""

    def __init__(self, host: str, hertz: float) -> None:
        self.host, self.hertz = host, hertz
        self.packets: list[bytes] = []
        """Every SIP packet that came in."""
        self.ears: list[Ear] = []
        self._frames = [ulaw(hertz, FRAME * n, FRAME) for n in range(WORD)]
        self._by_call: dict[str, Ear] = {}
        self._next_port = FIRST_RTP_PORT
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"tone {hertz:g}")
        self._ready = selectors.DefaultSelector()

    def __enter__(self) -> "TonalParty":
        self._sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sip.bind((self.host, SIP_PORT))
        self._ready.register(self._sip, selectors.EVENT_READ, None)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        self._end.set()
        self._thread.join()
        for key in list(self._ready.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._ready.close()

    @property
    def up(self) -> list[Ear]:
        """The calls in progress, oldest first."""
        return [ear for ear in self.ears if not ear.over]

    def hang_up(self, ear: Ear) -> None:
        ear.over = True
        self._sip.sendto(bye(ear.invite, self.host, SIP_PORT, ear.tag, 16), ear.invite.sender)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._end.is_set():
            due = max(due + FRAME_S, time.monotonic() - 5 * FRAME_S)
            self._speak()
            while (left := due - time.monotonic()) > 0:
                for key, _ in self._ready.select(left):
                    self._receive(key.fileobj, key.data)  # type: ignore[arg-type]

    def _receive(self, wire: socket.socket, ear: Ear | None) -> None:
        packet, sender = wire.recvfrom(65_535)
        if ear is None:
            self.packets.append(packet)
            request = read(packet, sender)
            if request is not None:
                self._hear(request)
        elif len(packet) > HEAD.size and packet[1] & 0x7F == 0:
            ear.heard += packet[HEAD.size :]

    def _hear(self, request: Request) -> None:
        ear = self._by_call.get(request.call)
        match request.method:
            case "INVITE":
                ear = ear or self._pick_up(request)
                port = ear.wire.getsockname()[1]
                self._sip.sendto(answer(request, "200 OK", self.host, SIP_PORT, ear.tag, port), request.sender)
            case "ACK":
                pass
            case method:
                self._sip.sendto(answer(request, "200 OK", self.host, SIP_PORT, ""), request.sender)
                if method == "BYE" and ear is not None:
                    ear.over = True

    def _pick_up(self, invite: Request) -> Ear:
        wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        wire.bind((self.host, self._next_port))
        self._next_port += 2
        ear = self._by_call[invite.call] = Ear(invite, wire, f"t{self._next_port}")
        self.ears.append(ear)
        self._ready.register(wire, selectors.EVENT_READ, ear)
        return ear

    def _speak(self) -> None:
        for ear in self.up:
            n, ear.frames = ear.frames, ear.frames + 1
            if ear.invite.media is not None:
                head = HEAD.pack(0x80, 0, n & 0xFFFF, n * FRAME & 0xFFFFFFFF, 77)
                ear.wire.sendto(head + self._frames[n % WORD], ear.invite.media)
