"""SIP as a called party reads and writes it: requests taken apart, answers and his own BYE put together."""

import re

import msgspec

KEPT = re.compile(r"^(?:Via|From|Call-ID|CSeq|Record-Route):.*\r\n", re.MULTILINE | re.IGNORECASE)
ALLOW = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n"
_MEDIA = re.compile(r"^m=audio (\d+)", re.MULTILINE)
_PLACE = re.compile(r"^c=IN IP4 (\S+)\r$", re.MULTILINE)

Address = tuple[str, int]


class Request(msgspec.Struct, frozen=True):
    """One request as it came; `media` is where the caller listens for sound, None when it does not say."""

    text: str
    sender: Address
    method: str
    number: str
    call: str
    in_dialogue: bool
    media: Address | None


def read(packet: bytes, sender: Address) -> Request | None:
    """The request in a packet, None for a response or anything else."""
    text = packet.decode(errors="replace")
    method, _, rest = text.partition(" ")
    if not method.isalpha() or not method.isupper():
        return None
    called = re.match(r"sips?:([^@;> ]*)@", rest)
    place, port = _PLACE.search(text), _MEDIA.search(text)
    return Request(
        text=text,
        sender=sender,
        method=method,
        number=called[1] if called else "",
        call=header(text, "Call-ID"),
        in_dialogue="tag=" in header(text, "To"),
        media=(place[1], int(port[1])) if place and port else None,
    )


def status_of(packet: bytes) -> tuple[int, str, str] | None:
    """A response's status, Call-ID and CSeq; None for anything else."""
    if not packet.startswith(b"SIP/2.0 "):
        return None
    text = packet.decode(errors="replace")
    return int(text[8:11]), header(text, "Call-ID"), header(text, "CSeq")


def answer(request: Request, status: str, host: str, sip_port: int, tag: str, sound_port: int | None = None) -> bytes:
    """A response to the request; `sound_port` says where the party listens, in a body of its own."""
    to = header(request.text, "To")
    mark = "" if "tag=" in to or not tag else f";tag={tag}"
    body = (
        f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {sound_port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n"
        if sound_port is not None
        else ""
    )
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"SIP/2.0 {status}\r\n{''.join(KEPT.findall(request.text))}To: {to}{mark}\r\n"
        f"Contact: <sip:{host}:{sip_port}>\r\n{ALLOW}{kind}Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def bye(invite: Request, host: str, sip_port: int, tag: str, cause: int | None) -> bytes:
    """The called party hangs up; `cause` (Q.850) is given in a Reason header when there is one."""
    target = re.search(r"^Contact:.*?<([^>]+)>", invite.text, re.MULTILINE | re.IGNORECASE)
    why = f"Reason: Q.850;cause={cause}\r\n" if cause is not None else ""
    return (
        f"BYE {target[1] if target else f'sip:{invite.sender[0]}:{invite.sender[1]}'} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {host}:{sip_port};branch=z9hG4bKbye{tag}\r\nFrom: {header(invite.text, 'To')};tag={tag}\r\n"
        f"To: {header(invite.text, 'From')}\r\nCall-ID: {invite.call}\r\nCSeq: 2 BYE\r\nMax-Forwards: 70\r\n"
        f"{why}Content-Length: 0\r\n\r\n"
    ).encode()


def header(text: str, name: str) -> str:
    """A header's value, empty when it is not there."""
    found = re.search(rf"^{name}\s*:\s*(.*?)\r$", text, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""
