"""A phone that registers: REGISTER with digest authentication, as any SIP phone does it, and hears what then comes."""

import re
import socket
from hashlib import md5
from types import TracebackType

PATIENCE_S = 60.0


class RegisteringPhone:
    """A SIP phone at an address of its own that can register at `pbx`:5060; closes its socket on exit."""

    def __init__(self, pbx: str, local: str, name: str) -> None:
        self._pbx, self._name = pbx, name
        self._wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._wire.bind((local, 0))
        self._wire.connect((pbx, 5060))
        self._wire.settimeout(PATIENCE_S)
        self._serial = 0

    def __enter__(self) -> "RegisteringPhone":
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        self._wire.close()

    def register(self, password: str, for_s: int = 60) -> int:
        """Register for so many seconds, 0 ends it; the final SIP status."""
        expires = f"Expires: {for_s}\r\n"
        status, answer = self._ask(expires)
        if status != 401:
            return status
        found = dict(re.findall(r'(\w+)="([^"]*)"', answer))
        uri = f"sip:{self._pbx}"
        who, what = _md5(f"{self._name}:{found['realm']}:{password}"), _md5(f"REGISTER:{uri}")
        proof = _md5(f"{who}:{found['nonce']}:00000001:abc:auth:{what}")
        said = {"username": self._name, "realm": found["realm"], "nonce": found["nonce"], "uri": uri}
        said |= {"response": proof, "cnonce": "abc", "opaque": found.get("opaque", "")}
        quoted = ", ".join(f'{word}="{text}"' for word, text in said.items())
        return self._ask(f"{expires}Authorization: Digest {quoted}, algorithm=MD5, nc=00000001, qop=auth\r\n")[0]

    def hears(self, method: str) -> str:
        """The next request of this method; OPTIONS are answered meanwhile. TimeoutError when none comes."""
        while not (message := self._wire.recv(65_535).decode()).startswith(f"{method} "):
            if message.startswith("OPTIONS "):
                kept = re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*\r\n", message, re.MULTILINE)
                self._wire.send(f"SIP/2.0 200 OK\r\n{''.join(kept)}Content-Length: 0\r\n\r\n".encode())
        return message

    def _ask(self, headers: str) -> tuple[int, str]:
        self._serial += 1
        (host, port), name, pbx = self._wire.getsockname(), self._name, self._pbx
        branch = f"z9hG4bK{name}{port}{self._serial}"
        self._wire.send(
            (
                f"REGISTER sip:{pbx} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};rport;branch={branch}\r\n"
                f"From: <sip:{name}@{pbx}>;tag=t{port}\r\nTo: <sip:{name}@{pbx}>\r\nCall-ID: {name}-{port}\r\n"
                f"CSeq: {self._serial} REGISTER\r\nContact: <sip:{name}@{host}:{port}>\r\n"
                f"Max-Forwards: 70\r\n{headers}Content-Length: 0\r\n\r\n"
            ).encode()
        )
        answer = self.hears("SIP/2.0")
        return int(answer.split()[1]), answer


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
