"""Who was turned away at the door: wrong tokens and rights not held go into the audit trail, at a bounded rate."""

import asyncio
import logging
from collections import deque

from desk.books import Books, BooksRefused
from telephony.ports import Clock

log = logging.getLogger(__name__)

MOST_AN_HOUR = 120
HOUR_S = 3600.0


class Doorbook:
    """Writes beside the answer, never in its way; above the bound the turned away are only counted, and told with the
    next one written."""

    def __init__(self, books: Books, clock: Clock) -> None:
        self._books = books
        self._clock = clock
        self._recent: deque[float] = deque()
        self._unwritten = 0
        self._writing: set[asyncio.Task[None]] = set()

    def turned_away(self, actor: str, act: str, words: dict[str, str]) -> None:
        """Note it; `actor` is a token's holder or an address."""
        now = self._clock.now()
        while self._recent and self._recent[0] <= now - HOUR_S:
            self._recent.popleft()
        if len(self._recent) >= MOST_AN_HOUR:
            self._unwritten += 1
            return
        self._recent.append(now)
        if self._unwritten:
            words = {**words, "unwritten_before": str(self._unwritten)}
            self._unwritten = 0
        task = asyncio.get_running_loop().create_task(self._write(actor, act, words), name="desk doorbook")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def close(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _write(self, actor: str, act: str, words: dict[str, str]) -> None:
        try:
            await self._books.note(actor=actor, act=act, about="desk", words=words)
        except BooksRefused:
            log.warning("%s of %s is not in the audit trail: the store is down", act, actor)
