"""One logged-in AMI connection: replies matched to actions by ActionID, each with a deadline, pings, a bounded queue.

Every action ends exactly once: with its reply, refused before it was sent, or with NoReply. None is ever sent twice.
"""

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import Callable, Collection

from telephony.ami.actions import Action, encode
from telephony.ami.faults import AlreadyAsked, AmiFault, LinkDown, NeverSent, NoReply, OutgoingFull, TooManyRows
from telephony.ami.protocol import HIGH_WATER, WireProtocol
from telephony.ami.resync import MOST_ROWS

MOST_WAITING = 5000
MOST_PENDING = 20_000
MOST_MISSED_PINGS = 3

Rows = list[dict[str, str]]
OnDone = Callable[[Rows, AmiFault | None], None]
"""Called once with the reply and the rows of its list, or with what went wrong."""


class _Pending:
    __slots__ = ("answers", "deadline", "done", "listing", "sent")

    def __init__(self, done: OnDone, deadline: float) -> None:
        self.done = done
        self.deadline = deadline
        self.answers: Rows = []
        self.listing = False
        self.sent = False


class Session:
    """A connection over which actions are sent; `on_event` gets every event, `on_lost` the end, once."""

    def __init__(
        self,
        *,
        on_event: Callable[[dict[str, str]], None],
        on_lost: Callable[[str], None],
        timeout_s: float,
        wanted: Collection[bytes] | None = None,
    ) -> None:
        self._on_event = on_event
        self._on_lost = on_lost
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._pending: dict[str, _Pending] = {}
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._serials = itertools.count(1)
        self._timer: asyncio.TimerHandle | None = None
        self._pinger: asyncio.TimerHandle | None = None
        self._flushing = False
        self._missed = 0
        self._lists = 0
        self.unmatched = 0
        self.protocol = WireProtocol(
            on_message=self._message, on_lost=self._ended, wanted=wanted, on_writable=self._flush
        )

    @property
    def pending(self) -> int:
        """How many actions have not ended yet."""
        return len(self._pending)

    def send(self, action: Action, done: OnDone, *, timeout_s: float | None = None) -> None:
        """Send an action once; raises UnsafeValue, LineTooLong, LinkDown or OutgoingFull when it is not sent at all."""
        if self.protocol.closed:
            raise LinkDown("link down")
        if len(action) > 1 and action[1][0] == "ActionID":
            action_id = action[1][1]
        else:
            action_id = f"x:{next(self._serials)}"
            action = (*action, ("ActionID", action_id))
        data = encode(action)
        if action_id in self._pending:
            raise AlreadyAsked("already asked")
        if len(self._pending) >= MOST_PENDING or len(self._waiting) >= MOST_WAITING:
            raise OutgoingFull("the PBX reads too slowly")
        deadline = self._loop.time() + (self._timeout_s if timeout_s is None else timeout_s)
        self._pending[action_id] = _Pending(done, deadline)
        self._waiting.append((action_id, data))
        if not self._flushing and self.protocol.writable:
            self._flushing = True
            self._loop.call_soon(self._flush)
        if self._timer is None or deadline < self._timer.when():
            self._arm(deadline)

    async def ask(self, action: Action, *, timeout_s: float | None = None) -> Rows:
        """The reply and the rows of its list; raises AmiFault when there is none."""
        future: asyncio.Future[Rows] = self._loop.create_future()

        def done(rows: Rows, fault: AmiFault | None) -> None:
            if future.done():
                return
            if fault is not None:
                future.set_exception(fault)
            else:
                future.set_result(rows)

        self.send(action, done, timeout_s=timeout_s)
        return await future

    def keep_pinging(self, every_s: float, on_pong: Callable[[float], None]) -> None:
        """Ping from now on; three pings without an answer end the connection. `on_pong` gets the round trip in s."""

        def ping() -> None:
            if self.protocol.closed:
                return
            if self._missed >= MOST_MISSED_PINGS:
                self.close(f"{MOST_MISSED_PINGS} pings missed")
                return
            self._missed += 1
            began = self._loop.time()

            def done(_rows: Rows, fault: AmiFault | None) -> None:
                if fault is None:
                    self._missed = 0
                    on_pong(self._loop.time() - began)

            with contextlib.suppress(OutgoingFull):
                self.send((("Action", "Ping"),), done, timeout_s=every_s * (MOST_MISSED_PINGS + 1))
            self._pinger = self._loop.call_later(every_s, ping)

        ping()

    def close(self, why: str) -> None:
        """Drop the connection; what is pending ends."""
        self.protocol.close(why)

    def _message(self, message: dict[str, str]) -> None:
        pending = self._pending.get(message.get("ActionID", ""))
        if "Event" in message:
            if pending is not None and pending.listing:
                self._row(message, pending)
            self._on_event(message)
        elif "Response" in message:
            if pending is None or pending.answers:
                self.unmatched += 1
                return
            pending.answers.append(message)
            if message.get("EventList", "").lower() == "start":
                pending.listing = True
                self._lists += 1
                self.protocol.parse_all = True
            else:
                self._finish(message["ActionID"], None)

    def _row(self, message: dict[str, str], pending: _Pending) -> None:
        if len(pending.answers) > MOST_ROWS:
            self._finish(message["ActionID"], TooManyRows(f"more than {MOST_ROWS} rows"))
            return
        if message.get("EventList", "").lower() in ("complete", "cancelled"):
            self._finish(message["ActionID"], None)
        else:
            pending.answers.append(message)

    def _finish(self, action_id: str, fault: AmiFault | None) -> None:
        pending = self._pending.pop(action_id)
        if pending.listing:
            self._lists -= 1
            self.protocol.parse_all = self._lists > 0
        pending.done(pending.answers, fault)

    def _flush(self) -> None:
        """What one turn of the loop brought leaves in one write; the rest when the connection takes more."""
        self._flushing = False
        while self._waiting and self.protocol.writable and not self.protocol.closed:
            out: list[bytes] = []
            size = 0
            while self._waiting and size < HIGH_WATER:
                action_id, data = self._waiting.popleft()
                if (pending := self._pending.get(action_id)) is not None:
                    pending.sent = True
                    out.append(data)
                    size += len(data)
            self.protocol.write(b"".join(out))

    def _arm(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._expire)

    def _expire(self) -> None:
        self._timer = None
        now = self._loop.time()
        due = [action_id for action_id, pending in self._pending.items() if pending.deadline <= now]
        for action_id in due:
            if (pending := self._pending.get(action_id)) is not None:
                self._finish(action_id, _unanswered(pending, "no reply in time"))
        if self._pending and self._timer is None and not self.protocol.closed:
            self._arm(min(pending.deadline for pending in self._pending.values()))

    def _ended(self, why: str) -> None:
        for timer in (self._timer, self._pinger):
            if timer is not None:
                timer.cancel()
        self._timer = self._pinger = None
        self._waiting.clear()
        for action_id in list(self._pending):
            self._finish(action_id, _unanswered(self._pending[action_id], why))
        self._on_lost(why)


def _unanswered(pending: _Pending, why: str) -> AmiFault:
    return NoReply(why) if pending.sent else NeverSent(why)
