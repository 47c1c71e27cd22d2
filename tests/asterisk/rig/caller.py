"""Somebody who calls in: he dials a line over SIP, speaks a tone, notes every sound he hears, and hangs up when he likes."""

import random
import re
import selectors
import socket
import struct
import threading
import time

from tests.asterisk.rig.hearing import FRAME, Sound, heard
from tests.asterisk.rig.sipp import CUSTOMER_HZ, RATE, ulaw
from tests.asterisk.rig.sipwords import ALLOW, answer, header, read

FRAME_S = 0.02
AGAIN_S = 0.5
_SPEECH = ulaw(CUSTOMER_HZ, 0, RATE)


class Caller:
    """One call from `host` to the PBX's `line`. `number` None is withheld. He hangs up `patience_s` after he dialled
    unless he hears an agent, and `talk_s` after an agent's first word; 0 never."""

    def __init__(
        self,
        host: str,
        pbx: str,
        line: str,
        number: str | None,
        *,
        patience_s: float = 0.0,
        talk_s: float = 0.0,
    ) -> None:
        self.host, self._pbx, self._line = host, (pbx, 5060), line
        self._talk_s = talk_s
        self._luck = random.Random()
        self.call_id = f"{self._luck.getrandbits(64):x}@{host}"
        self._tag = f"{self._luck.getrandbits(32):x}"
        self._branch = f"z9hG4bK{self._luck.getrandbits(48):x}"
        who = f'"{number}" <sip:{number}@{host}>' if number else '"Anonymous" <sip:anonymous@anonymous.invalid>'
        self._from = f"{who};tag={self._tag}"
        self._privacy = "" if number else "Privacy: id\r\n"
        self.sounds: list[Sound] = []
        """Every frame heard, in order."""
        self.statuses: list[int] = []
        """Every response to his INVITE."""
        self.ended = threading.Event()
        self._sip, self._rtp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for wire in (self._sip, self._rtp):
            wire.bind((host, 0))
            wire.setblocking(False)
        self._sip_port, self._rtp_port = self._sip.getsockname()[1], self._rtp.getsockname()[1]
        self._to = f"<sip:{line}@{pbx}>"
        self._target = f"sip:{line}@{pbx}:5060"
        self._media: tuple[str, int] | None = None
        self._up = self._answered = self._cancelled = False
        self._hang_up_at = time.monotonic() + patience_s if patience_s else None
        self._frames = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"caller {line}", daemon=True)
        self._thread.start()

    def hears(self, sound: Sound, frames: int = 10) -> bool:
        """Whether he has heard so many frames of it."""
        return self.sounds.count(sound) >= frames

    def hang_up(self) -> None:
        """He hangs up now."""
        self._hang_up_at = time.monotonic()

    def close(self) -> None:
        """He is gone, whatever the PBX thinks."""
        self._stop.set()
        self._thread.join()
        self._sip.close()
        self._rtp.close()

    def _run(self) -> None:
        invite_at, next_frame = 0.0, time.monotonic()
        with selectors.DefaultSelector() as ready:
            ready.register(self._sip, selectors.EVENT_READ)
            ready.register(self._rtp, selectors.EVENT_READ)
            while not self._stop.is_set() and not self.ended.is_set():
                now = time.monotonic()
                if not self.statuses and now >= invite_at:
                    self._say("INVITE", 1, self._offer())
                    invite_at = now + AGAIN_S
                if self._hang_up_at is not None and now >= self._hang_up_at and self.statuses:
                    self._hang_up_at = None
                    if self._up:
                        self._say("BYE", 2)
                    elif not self._cancelled:
                        self._cancelled = True
                        self._say("CANCEL", 1)
                if now >= next_frame:
                    self._speak()
                    next_frame = max(next_frame + FRAME_S, now - 0.2)
                for key, _ in ready.select(max(0.0, min(FRAME_S, next_frame - time.monotonic()))):
                    self._take(key.fileobj is self._sip)

    def _take(self, signalling: bool) -> None:
        wire = self._sip if signalling else self._rtp
        try:
            packet, sender = wire.recvfrom(65_535)
        except (BlockingIOError, ConnectionRefusedError):
            return
        if signalling:
            self._hear(packet, sender)
        elif len(packet) > 12:
            sound = heard(packet[12 : 12 + FRAME])
            self.sounds.append(sound)
            if sound is Sound.AGENT and not self._answered:
                self._answered = True
                self._hang_up_at = time.monotonic() + self._talk_s if self._talk_s else None

    def _hear(self, packet: bytes, sender: tuple[str, int]) -> None:
        request = read(packet, sender)
        if request is not None:
            if request.method != "ACK":
                self._sip.sendto(answer(request, "200 OK", self.host, self._sip_port, self._tag), sender)
            if request.method == "BYE":
                self.ended.set()
            return
        text = packet.decode(errors="replace")
        status, sequence = int(text[8:11]), header(text, "CSeq")
        if "INVITE" in sequence:
            self._replied(text, status)
        elif "BYE" in sequence:
            self.ended.set()

    def _replied(self, text: str, status: int) -> None:
        self.statuses.append(status)
        if status > 100:
            self._to = header(text, "To")
        place = re.search(r"^c=IN IP4 (\S+)\r$", text, re.MULTILINE)
        port = re.search(r"^m=audio (\d+)", text, re.MULTILINE)
        if place and port:
            self._media = place[1], int(port[1])
        if status >= 200:
            if contact := re.search(r"^Contact:.*?<([^>]+)>", text, re.MULTILINE | re.IGNORECASE):
                self._target = contact[1]
            self._say("ACK", 1)
            self._up = status < 300
            if status >= 300:
                self.ended.set()

    def _speak(self) -> None:
        if self._media is None or not self._up:
            return
        begin = self._frames * FRAME % RATE
        head = struct.pack("!BBHII", 0x80, 0, self._frames & 0xFFFF, self._frames * FRAME & 0xFFFFFFFF, 4711)
        self._rtp.sendto(head + _SPEECH[begin : begin + FRAME], self._media)
        self._frames += 1

    def _offer(self) -> str:
        return (
            f"v=0\r\no=- 1 1 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
            f"m=audio {self._rtp_port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n"
        )

    def _say(self, method: str, sequence: int, body: str = "") -> None:
        first = method in ("INVITE", "CANCEL")
        branch = self._branch if first else f"{self._branch}{method}{self._up}"
        target = f"sip:{self._line}@{self._pbx[0]}:5060" if first else self._target
        to = f"<sip:{self._line}@{self._pbx[0]}>" if first else self._to
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self._sip.sendto(
            (
                f"{method} {target} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {self.host}:{self._sip_port};branch={branch}\r\nMax-Forwards: 70\r\n"
                f"From: {self._from}\r\nTo: {to}\r\nCall-ID: {self.call_id}\r\nCSeq: {sequence} {method}\r\n"
                f"Contact: <sip:{self.host}:{self._sip_port}>\r\n{self._privacy}{ALLOW}{kind}"
                f"Content-Length: {len(body)}\r\n\r\n{body}"
            ).encode(),
            self._pbx,
        )
