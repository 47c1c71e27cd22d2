"""Messages of the surge plan to off-shift staff and to other sites: posted to a webhook, signed, tried again.

A message names level, action and load, nobody and no number. It is signed as ``X-Switchroom-Signature: sha256=…``, the
HMAC-SHA256 of ``X-Switchroom-Time``, a dot and the body, so that the receiver can tell it is ours and fresh.
"""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Sequence

import aiohttp
import msgspec

from config.surge import WebhookSettings
from telephony.facts import AlarmCleared, AlarmRaised, Fact
from telephony.surge import SurgeChanged

log = logging.getLogger(__name__)

ALARM = "surge_message"
MESSAGES = ("off_shift", "support")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
CLOSE_S = 2.0


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What is posted. `on` says whether the action begins or is over; `again` that a restart has it sent anew."""

    event: str = "surge"
    server: str
    action: str
    on: bool
    level: int
    was: int
    why: str
    at: float
    again: bool
    load: dict[str, float]


class SurgeMessages:
    """Watches facts; what it cannot deliver it says as an alarm, and goes on with the next."""

    def __init__(
        self,
        settings: WebhookSettings,
        server: str,
        *,
        feed: Callable[[object], None],
        now: Callable[[], float],
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        """`feed` puts alarms to the floor."""
        self._settings = settings
        self._server = server
        self._feed = feed
        self._now = now
        self._first_pause_s = first_pause_s
        self._in_force: frozenset[str] = frozenset()
        self._sending: set[asyncio.Task[None]] = set()
        self._failed: set[str] = set()

    def on_facts(self, now: float, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if isinstance(fact, SurgeChanged):
                self._changed(fact, now)

    def _changed(self, fact: SurgeChanged, now: float) -> None:
        was, self._in_force = self._in_force, frozenset(fact.actions)
        if not self._settings.url:
            return
        for action in MESSAGES:
            if (action in was) is not (action in self._in_force):
                message = Message(
                    server=self._server,
                    action=action,
                    on=action in self._in_force,
                    level=fact.level,
                    was=fact.was,
                    why=fact.why,
                    at=now,
                    again=fact.why == "restart",
                    load=fact.load,
                )
                task = asyncio.get_running_loop().create_task(self._deliver(message), name=f"surge {action}")
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

    async def close(self) -> None:
        """Give what is on its way a moment, then let it go."""
        if self._sending:
            _, pending = await asyncio.wait(self._sending, timeout=CLOSE_S)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _deliver(self, message: Message) -> None:
        body, pause_s, why = msgspec.json.encode(message), self._first_pause_s, ""
        for attempt in range(self._settings.tries):
            if attempt:
                await asyncio.sleep(pause_s)
                pause_s = min(LONGEST_PAUSE_S, 2.0 * pause_s)
            why = await self._post(body)
            if not why:
                if message.action in self._failed:
                    self._failed.discard(message.action)
                    self._feed(AlarmCleared(alarm=ALARM, about=message.action))
                return
            log.warning("message %s of the surge plan was not taken (%s)", message.action, why)
        self._failed.add(message.action)
        self._feed(AlarmRaised(alarm=ALARM, about=message.action, words={"why": why}))

    async def _post(self, body: bytes) -> str:
        """ "" when taken, else why not; the address is never said."""
        headers = {"Content-Type": "application/json", **signed(self._settings, body, self._now())}
        timeout = aiohttp.ClientTimeout(total=self._settings.timeout_s)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._settings.url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                return "" if 200 <= answer.status < 300 else f"HTTP {answer.status}"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return type(error).__name__


def signed(settings: WebhookSettings, body: bytes, now: float) -> dict[str, str]:
    """The headers by which a receiver knows the message for ours; none without a secret."""
    if settings.secret is None:
        return {}
    at = str(int(now))
    digest = hmac.new(settings.secret.get_secret_value().encode(), at.encode() + b"." + body, hashlib.sha256)
    return {"X-Switchroom-Time": at, "X-Switchroom-Signature": f"sha256={digest.hexdigest()}"}
