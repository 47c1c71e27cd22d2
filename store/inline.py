"""The ledger of a closed world: the same projection in step with the caller, for virtual shifts and tools."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from store.audited import Deed, deeds
from store.chaining import Batch, carry_out
from store.opening import Store
from store.projector import Entry, project
from telephony.facts import Fact

FULL_LOOK_EVERY = 16
"""Every so many reads see everything; those between see all but the batch being gathered."""

CHAIN = "main"
"""Whose seals close a closed world's journal."""


class InlineLedger:
    """A Ledger that commits every `commit_every` facts; `on_durable` runs at once, errors of the database are raised.

    With `beside` a full batch is written on a second core while the caller goes on. What can be read when depends on the
    facts alone, never on how fast that goes, so a shift repeats to the bit."""

    def __init__(
        self,
        store: Store,
        *,
        commit_every: int = 4096,
        journal: bool = True,
        beside: bool = False,
        on_committed: Callable[[Sequence[Fact]], None] | None = None,
    ) -> None:
        self._store = store
        self._commit_every = commit_every
        self._journal = journal
        self._on_committed = on_committed
        self._entries: list[Entry] = []
        self._pen = ThreadPoolExecutor(1, "store-beside") if beside else None
        self._written: Future[None] | None = None
        self._on_its_way: list[Entry] = []
        self._reads = 0

    def submit(self, facts: Sequence[Fact], now: float, on_durable: Callable[[], None] | None = None) -> None:
        """Take the facts; they are in the tables after the next ``flush`` at the latest."""
        self._entries.extend([(now, fact) for fact in facts])
        if len(self._entries) >= self._commit_every:
            self._hand_over()
        if on_durable is not None:
            on_durable()

    @property
    def healthy(self) -> bool:
        return True

    @property
    def waiting(self) -> int:
        """Facts taken and not yet in the tables."""
        return len(self._entries) + len(self._on_its_way)

    def before_read(self) -> None:
        """To be called before the tables are read in the course of a shift."""
        self._reads += 1
        if self._pen is None or self._reads % FULL_LOOK_EVERY == 0:
            self.flush()
        else:
            self._settle()

    def flush(self) -> None:
        """Write everything that was taken."""
        self._hand_over()
        self._settle()

    def close(self) -> None:
        self.flush()
        if self._pen is not None:
            self._pen.shutdown()

    def _hand_over(self) -> None:
        self._settle()
        if not self._entries:
            return
        self._on_its_way, self._entries = self._entries, []
        batch = list(project(self._on_its_way, journal=self._journal))
        acts = deeds(self._on_its_way)
        if self._pen is None:
            self._write(batch, acts)
            self._tell()
        else:
            self._written = self._pen.submit(self._write, batch, acts)

    def _settle(self) -> None:
        if self._written is not None:
            self._written.result()
            self._written = None
            self._tell()

    def _write(self, batch: Batch, acts: Sequence[Deed]) -> None:
        with self._store.pen, self._store.writing.begin() as connection:
            carry_out(connection, batch, acts, chain=CHAIN)

    def _tell(self) -> None:
        entries, self._on_its_way = self._on_its_way, []
        if self._on_committed is not None:
            self._on_committed([fact for _, fact in entries])
