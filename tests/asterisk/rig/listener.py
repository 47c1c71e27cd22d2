"""A SIP party that answers and keeps every byte it hears: an agent's phone that listens, or a carrier that names people."""

import re
import selectors
import socket
import struct
import threading
import time
from types import TracebackType

SIP_PORT, RTP_PORT, RTCP_PORT = 5080, 6000, 6001
KEPT = re.compile(r"^(?:Via|From|Call-ID|CSeq|Record-Route):.*\r\n", re.MULTILINE)
LOOK_S = 0.05


class Listener:
    """At `host`:5080; rings, answers, agrees to whatever comes, hangs up when told. With `names` it is a carrier that
    says the dialled number in all its headers and once more, in an UPDATE, when the call is up."""

    def __init__(self, host: str, *, names: bool = False) -> None:
        self.host, self._names = host, names
        self.heard: list[bytes] = []
        """Every packet so far, SIP, RTP and RTCP."""
        self._answered: dict[str, tuple[str, tuple[str, int], str]] = {}
        self._talking: dict[str, tuple[str, int]] = {}
        self._serial = 16
        self._sockets: list[socket.socket] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"listener {host}")

    def __enter__(self) -> "Listener":
        for port in (SIP_PORT, RTP_PORT, RTCP_PORT):
            wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            wire.bind((self.host, port))
            wire.setblocking(False)
            self._sockets.append(wire)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        self._end.set()
        self._thread.join()
        for wire in self._sockets:
            wire.close()

    @property
    def requests(self) -> list[str]:
        """The methods heard so far, in order."""
        words = (packet.partition(b" ")[0] for packet in list(self.heard))
        return [word.decode() for word in words if word.isalpha() and word.isupper()]

    def names_again(self) -> None:
        """Say in every call once more who it is."""
        for message, sender, number in list(self._answered.values()):
            self._update(message, sender, number)

    def _talk(self) -> None:
        """A packet of silence into every call."""
        for place in list(self._talking.values()):
            self._serial += 1
            head = struct.pack("!BBHII", 0x80, 8, self._serial & 0xFFFF, self._serial * 160, 77)
            self._sockets[1].sendto(head + b"\xd5" * 160, place)

    def _run(self) -> None:
        with selectors.DefaultSelector() as ready:
            for wire in self._sockets:
                ready.register(wire, selectors.EVENT_READ, wire)
            while not self._end.is_set():
                self._talk()
                for key, _ in ready.select(LOOK_S):
                    wire = key.data
                    packet, sender = wire.recvfrom(65_535)
                    self.heard.append(packet)
                    if wire is self._sockets[0] and packet[:1].isalpha():
                        self._hear(packet.decode(), sender)

    def _hear(self, message: str, sender: tuple[str, int]) -> None:
        method, _, rest = message.partition(" ")
        called = re.match(r"sip:([^@;> ]*)", rest)
        number = called[1] if called else ""
        if method == "INVITE":
            if "tag=" not in _header(message, "To"):
                self._say("180 Ringing", message, sender, number)
                time.sleep(LOOK_S)
            self._say("200 OK", message, sender, number, sdp=True)
            if media := re.search(r"^c=IN IP4 (\S+)\r$.*?^m=audio (\d+)", message, re.MULTILINE | re.DOTALL):
                self._talking[_header(message, "Call-ID")] = media[1], int(media[2])
        elif method == "ACK":
            call = _header(message, "Call-ID")
            if self._names and call not in self._answered:
                self._answered[call] = message, sender, number
                self._update(message, sender, number)
        elif not method.startswith("SIP/2.0"):
            if method == "BYE":
                self._talking.pop(_header(message, "Call-ID"), None)
            self._say("200 OK", message, sender, number)

    def _say(self, status: str, message: str, to: tuple[str, int], number: str, *, sdp: bool = False) -> None:
        tag = "" if "tag=" in _header(message, "To") else ";tag=listener"
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
            f"m=audio {RTP_PORT} RTP/AVP 8 0\r\na=sendrecv\r\n"
            if sdp
            else ""
        )
        kind = "Content-Type: application/sdp\r\n" if sdp else ""
        self._sockets[0].sendto(
            (
                f"SIP/2.0 {status}\r\n{''.join(KEPT.findall(message))}To: {_header(message, 'To')}{tag}\r\n"
                f"{self._self(number)}{kind}Content-Length: {len(body)}\r\n\r\n{body}"
            ).encode(),
            to,
        )

    def _update(self, ack: str, to: tuple[str, int], number: str) -> None:
        self._serial += 1
        self._sockets[0].sendto(
            (
                f"UPDATE sip:{to[0]}:{to[1]} SIP/2.0\r\nVia: SIP/2.0/UDP {self.host}:{SIP_PORT};branch=z9hG4bK{number}{self._serial}\r\n"
                f"From: {_header(ack, 'To')}\r\nTo: {_header(ack, 'From')}\r\nCall-ID: {_header(ack, 'Call-ID')}\r\n"
                f"CSeq: {self._serial} UPDATE\r\nMax-Forwards: 70\r\n{self._self(number)}Content-Length: 0\r\n\r\n"
            ).encode(),
            to,
        )

    def _self(self, number: str) -> str:
        allow = (
            "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO, NOTIFY, REFER\r\nSupported: replaces, histinfo\r\n"
        )
        if not self._names:
            return f"Contact: <sip:{self.host}:{SIP_PORT}>\r\n{allow}"
        who = f'"{number}" <sip:{number}@{self.host}>'
        return (
            f"Contact: <sip:{number}@{self.host}:{SIP_PORT}>\r\nP-Asserted-Identity: {who}\r\n"
            f"Remote-Party-ID: {who};party=called;privacy=off;screen=yes\r\n{allow}"
        )


def _header(message: str, name: str) -> str:
    found = re.search(rf"^{name}: (.*)\r$", message, re.MULTILINE)
    return found[1] if found else ""
