"""One AMI connection to the simulated Asterisk: bytes in, login, permissions, and bytes out under a write time-out."""

import asyncio
import hashlib
import hmac
from collections import deque
from typing import TYPE_CHECKING, cast

from simulator.amiactions import ACTIONS, Reply, Request
from simulator.amiusers import EventFilter, ManagerUser

if TYPE_CHECKING:
    from simulator.amiserver import AmiServer

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
LONGEST_LINE = 1000
MOST_UNPARSED = 64 * 1024
HIGH_WATER = 256 * 1024
OFF = frozenset({"off", "none", "0", "false"})


class AmiSession(asyncio.Protocol):
    """What one client sees of the PBX."""

    def __init__(self, pbx: "AmiServer") -> None:
        self._pbx = pbx
        self._rest = b""
        self._out: list[bytes] = []
        self.pieces: deque[bytes] = deque()
        self._challenge = ""
        self._stall: asyncio.TimerHandle | None = None
        self.transport: asyncio.Transport | None = None
        self.user: ManagerUser | None = None
        self.filter = EventFilter()
        self.listens = False
        self.closed = False
        self.ended = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER)
        self._pbx.sessions.append(self)
        self.write(BANNER)
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self.ended.set()
        if self._stall is not None:
            self._stall.cancel()
        if self in self._pbx.sessions:
            self._pbx.sessions.remove(self)

    def pause_writing(self) -> None:
        """The client does not read: after the write time-out he is cut off."""
        timeout_s = self.user.write_timeout_s if self.user is not None else 5.0
        self._stall = asyncio.get_running_loop().call_later(timeout_s, self.cut)

    def resume_writing(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def data_received(self, data: bytes) -> None:
        rest = self._rest + data
        while not self.closed:
            block, blank, following = rest.partition(b"\r\n\r\n")
            if not blank:
                break
            rest = following
            self._take(block)
        self._rest = rest
        if len(rest) > MOST_UNPARSED:
            self.cut()
            return
        self._pbx.flush()

    def write(self, data: bytes) -> None:
        """Queue bytes for the next flush."""
        if not self.closed:
            self._out.append(data)

    def flush(self) -> None:
        """Hand what is queued to the connection."""
        if self._out and self.transport is not None and not self.closed:
            data = b"".join(self._out)
            self._out.clear()
            if self._pbx.chaos is None:
                self.transport.write(data)
            else:
                self._pbx.chaos.send(self, data)

    def cut(self) -> None:
        """Drop the connection at once."""
        self.closed = True
        if self.transport is not None:
            self.transport.abort()

    def wants(self, name: str, privilege: str) -> bool:
        """Whether this client is to see an event of this name and class."""
        return self.listens and self.user is not None and privilege in self.user.read and self.filter.passes(name)

    def _take(self, block: bytes) -> None:
        lines = block.lstrip(b"\r\n").split(b"\r\n")
        if any(len(line) > LONGEST_LINE for line in lines):
            self._respond("", Reply(False, [("Message", "Failed to parse message: line too long")]))
            return
        headers: dict[str, str] = {}
        variables: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.decode(errors="replace").partition(":")
            if not colon:
                continue
            name, value = name.strip().lower(), value.strip()
            if name == "variable" and "=" in value:
                key, _, worth = value.partition("=")
                variables[key] = worth
            headers.setdefault(name, value)
        if headers:
            self._act(Request(headers, variables))

    def _act(self, request: Request) -> None:
        name, action_id = request.get("action"), request.get("actionid")
        match name.lower():
            case "":
                reply = Reply(False, [("Message", "Missing action in request")])
            case "challenge":
                self._challenge = self._pbx.next_challenge()
                reply = Reply(True, [("Challenge", self._challenge)])
            case "login":
                self._login(request)
                return
            case "logoff":
                self._say("Goodbye", action_id, [("Message", "Thanks for all the fish.")])
                self._hang_up()
                return
            case _ if self.user is None:
                reply = Reply(False, [("Message", "Permission denied")])
            case "filter":
                reply = self._filter(request)
            case "events":
                self.listens = request.get("eventmask").lower() not in OFF
                reply = Reply(True, [("Events", "On" if self.listens else "Off")])
            case lowered:
                reply = self._known(lowered, name, request)
        self._respond(action_id, reply)

    def _known(self, lowered: str, name: str, request: Request) -> Reply:
        known = ACTIONS.get(lowered)
        if known is None:
            words = f"Invalid/unknown command: {name}. Use Action: ListCommands to show available commands."
            return Reply(False, [("Message", words)])
        assert self.user is not None
        if known.needs and known.needs not in self.user.write:
            return Reply(False, [("Message", "Permission denied")])
        return known.answer(self._pbx, request)

    def _filter(self, request: Request) -> Reply:
        assert self.user is not None
        if "system" not in self.user.write:
            return Reply(False, [("Message", "Permission denied")])
        rule = request.get("filter") or request.get("matchcriteria")
        if request.get("operation").lower() != "add" or not rule or not self.filter.add(rule):
            return Reply(False, [("Message", "Filter format is not valid")])
        return Reply(True, [])

    def _login(self, request: Request) -> None:
        user = self._pbx.users.get(request.get("username"))
        if user is None or not self._knows_secret(user, request):
            self._respond(request.get("actionid"), Reply(False, [("Message", "Authentication failed")]))
            self._hang_up()
            return
        self.user = user
        self.filter = EventFilter(user.filters)
        self.listens = request.get("events", "on").lower() not in OFF
        self._respond(request.get("actionid"), Reply(True, [("Message", "Authentication accepted")]))
        self._pbx.greet(self)

    def _knows_secret(self, user: ManagerUser, request: Request) -> bool:
        if request.get("authtype").lower() == "md5":
            key = hashlib.md5(f"{self._challenge}{user.secret}".encode(), usedforsecurity=False).hexdigest()
            return bool(self._challenge) and hmac.compare_digest(request.get("key").encode(), key.encode())
        return hmac.compare_digest(request.get("secret").encode(), user.secret.encode())

    def _respond(self, action_id: str, reply: Reply) -> None:
        self._say("Success" if reply.ok else "Error", action_id, reply.headers)
        for name, row in reply.rows:
            lines = [f"Event: {name}", *([f"ActionID: {action_id}"] if action_id else [])]
            lines += [f"{key}: {value}" for key, value in row]
            self.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def _say(self, response: str, action_id: str, headers: list[tuple[str, str]]) -> None:
        lines = [f"Response: {response}", *([f"ActionID: {action_id}"] if action_id else [])]
        lines += [f"{key}: {value}" for key, value in headers]
        data = ("\r\n".join(lines) + "\r\n\r\n").encode()
        if self._pbx.chaos is None:
            self.write(data)
        else:
            self._pbx.chaos.reply(self, data)

    def _hang_up(self) -> None:
        self.flush()
        self.closed = True
        if self.transport is not None:
            self.transport.close()
