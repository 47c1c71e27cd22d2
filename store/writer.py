"""The ledger of a running house: one thread, facts gathered into one commit, nothing lost while the store is away.

A submission is acknowledged after the commit that holds it. When a commit fails the very same batch is tried again with
growing pauses, later facts wait in memory in their order, and ``healthy`` is False until it has gone through. An attempt
that was not written is told to ``on_vetoed`` before its submission is acknowledged.
"""

import logging
import queue
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from store.commits import NONE, Vetoed, commit, commit_singly
from store.faults import Trouble, trouble_of
from store.opening import Store
from store.projector import Entry
from store.reservations import Reservations
from telephony.facts import AttemptPlaced, AttemptVetoed, Fact

log = logging.getLogger(__name__)

MOST_FACTS = 8192
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0
LOOK_AT_DISK_S = 1.0
BACKLOG = 100_000

Submission = tuple[Sequence[Fact], float, Callable[[], None] | None]
Post = Callable[[Callable[[], None]], None]
"""Runs something in the thread that submits, e.g. ``loop.call_soon_threadsafe``."""


class Writer:
    """The Ledger over a thread of its own; `on_committed` is called in that thread, all else through `post`."""

    def __init__(
        self,
        store: Store,
        *,
        post: Post,
        commit_wait_ms: float = 2.0,
        free_mb: int = 0,
        on_trouble: Callable[[str, dict[str, str]], None] | None = None,
        on_recovered: Callable[[], None] | None = None,
        on_committed: Callable[[Sequence[Fact]], None] | None = None,
        on_vetoed: Callable[[AttemptVetoed], None] | None = None,
        reservations: Reservations | None = None,
        free_bytes: Callable[[], int] | None = None,
        backlog: int = BACKLOG,
        name: str = "main",
    ) -> None:
        self._store = store
        self._post = post
        self._wait_s = commit_wait_ms / 1000
        self._least_free = free_mb * 1_000_000
        self._on_trouble = on_trouble
        self._on_recovered = on_recovered
        self._on_committed = on_committed
        self._on_vetoed = on_vetoed
        self._reservations = reservations
        self._free_bytes = free_bytes or self._disk_free
        self._backlog = backlog
        self._mark = (name, secrets.token_hex(8))
        self._queue: queue.SimpleQueue[Submission | None] = queue.SimpleQueue()
        self._submitted = 0
        self._written = 0
        self._batches = 0
        self._committed_at = float("-inf")
        self._troubles: dict[Trouble, dict[str, str]] = {}
        self._disk_seen = float("-inf")
        self._closing = threading.Event()
        self._give_up_at = float("inf")
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, facts: Sequence[Fact], now: float, on_durable: Callable[[], None] | None = None) -> None:
        """Queue facts for the next commit; `on_durable` is posted once they are on disk."""
        self._submitted += len(facts)
        self._queue.put((facts, now, on_durable))

    @property
    def healthy(self) -> bool:
        """False while commits fail or room is short: dialling stops, calls go on."""
        return not self._troubles

    @property
    def waiting(self) -> int:
        """Facts submitted and not yet durable."""
        return self._submitted - self._written

    @property
    def batches(self) -> int:
        """Commits since the start."""
        return self._batches

    def close(self, wait_s: float = 30.0) -> int:
        """Write what is queued and end the thread; returns how many facts could not be written within `wait_s`."""
        self._give_up_at = time.monotonic() + wait_s
        self._closing.set()
        self._queue.put(None)
        self._thread.join()
        return self.waiting

    def _run(self) -> None:
        while True:
            self._look_at_disk()
            try:
                first = self._queue.get(timeout=LOOK_AT_DISK_S)
            except queue.Empty:
                continue
            batch, last = self._gather(first)
            if batch and not self._write(batch):
                return
            if last:
                return

    def _gather(self, first: Submission | None) -> tuple[list[Submission], bool]:
        """`first` and what has come with it; True when the thread is to end after it.

        A commit follows the last one by the commit wait at the soonest, so what comes alone is written at once and what
        comes in a stream is gathered."""
        if first is None:
            return [], True
        batch = [first]
        size = len(first[0])
        wait_s = self._wait_s - (time.monotonic() - self._committed_at)
        if wait_s > 0 and not self._closing.is_set() and self._queue.qsize() < MOST_FACTS:
            self._closing.wait(wait_s)
        while size < MOST_FACTS:
            try:
                more = self._queue.get_nowait()
            except queue.Empty:
                break
            if more is None:
                return batch, True
            batch.append(more)
            size += len(more[0])
        return batch, False

    def _write(self, batch: list[Submission]) -> bool:
        """Commit the batch, however often it takes; False when closing ran out of patience."""
        entries: list[Entry] = [(now, fact) for facts, now, _ in batch for fact in facts]
        mark = (self._mark[0], f"{self._mark[1]}.{self._batches}")
        pause, tries, singly = FIRST_PAUSE_S, 0, False
        held, vetoed = self._reservations, NONE
        while True:
            try:
                if singly:
                    refused, vetoed = commit_singly(
                        self._store, entries, mark=mark, fault=trouble_of, reservations=held
                    )
                    log.error("the store refused %d of %d facts; an anomaly stands in for each", refused, len(entries))
                elif entries:
                    vetoed = commit(self._store, entries, mark=mark, again=tries > 0, reservations=held)
                break
            except Exception as error:
                trouble = trouble_of(error)
                if trouble is None and not singly:
                    singly = True
                    continue
                tries += 1
                self._suffer(trouble or Trouble.LOST, {"waiting": str(self.waiting), "error": type(error).__name__})
            if time.monotonic() + pause > self._give_up_at:
                return False
            self._closing.wait(pause) if not self._closing.is_set() else time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)
            self._watch_backlog()
        self._batches += 1
        self._committed_at = time.monotonic()
        self._written += len(entries)
        self._acknowledge(batch, entries, vetoed)
        self._relieve(Trouble.DISK_FULL, Trouble.LOCKED, Trouble.LOST, Trouble.BACKLOG)
        return True

    def _acknowledge(self, batch: list[Submission], entries: list[Entry], vetoed: Vetoed) -> None:
        if self._on_committed is not None:
            try:
                self._on_committed([fact for _, fact in entries])
            except Exception:
                log.exception("a watcher of commits failed")
        settled = [on_durable for _, _, on_durable in batch if on_durable is not None]
        on_vetoed = self._on_vetoed
        if vetoed and on_vetoed is not None:
            told = [_veto(fact, vetoed) for _, fact in entries if type(fact) is AttemptPlaced and fact.call in vetoed]
            settled = [*(partial(on_vetoed, veto) for veto in told), *settled]
        if settled:
            self._tell(lambda: _run_all(settled))

    def _suffer(self, trouble: Trouble, words: dict[str, str]) -> None:
        if trouble in self._troubles:
            return
        self._troubles[trouble] = words
        log.warning("store in trouble: %s", trouble.value)
        on_trouble = self._on_trouble
        if on_trouble is not None:
            self._tell(lambda: on_trouble(trouble.value, words))

    def _relieve(self, *over: Trouble) -> None:
        if not any(trouble in self._troubles for trouble in over):
            return
        self._troubles = {trouble: words for trouble, words in self._troubles.items() if trouble not in over}
        if not self._troubles:
            log.warning("store is well again")
            if self._on_recovered is not None:
                self._tell(self._on_recovered)

    def _watch_backlog(self) -> None:
        if self.waiting > self._backlog:
            self._suffer(Trouble.BACKLOG, {"waiting": str(self.waiting)})

    def _look_at_disk(self) -> None:
        now = time.monotonic()
        if not self._least_free or now - self._disk_seen < LOOK_AT_DISK_S:
            return
        self._disk_seen = now
        try:
            free = self._free_bytes()
        except OSError:
            return
        if free < self._least_free:
            self._suffer(Trouble.DISK_LOW, {"free_mb": str(free // 1_000_000)})
        else:
            self._relieve(Trouble.DISK_LOW)

    def _disk_free(self) -> int:
        return shutil.disk_usage(self._store.folder).free if self._store.folder else self._least_free

    def _tell(self, what: Callable[[], None]) -> None:
        try:
            self._post(what)
        except Exception:
            log.warning("nobody is left to be told by the store")


def _veto(fact: AttemptPlaced, vetoed: Vetoed) -> AttemptVetoed:
    return AttemptVetoed(call=fact.call, campaign=fact.campaign, lead=fact.lead, why=vetoed[fact.call])


def _run_all(settled: list[Callable[[], None]]) -> None:
    for on_durable in settled:
        try:
            on_durable()
        except Exception:
            log.exception("a submission's on_durable failed")
