"""The ledger of a closed world: the same projection in step with the caller, for tools and tests."""

from collections.abc import Callable, Sequence

from store.audited import deeds
from store.chaining import carry_out
from store.opening import Store
from store.projector import Entry, project
from telephony.facts import Fact

CHAIN = "main"
"""Whose stamps close a closed world's journal."""


class InlineLedger:
    """A Ledger that commits every `commit_every` facts; `on_durable` runs at once, errors of the database are raised."""

    def __init__(
        self,
        store: Store,
        *,
        commit_every: int = 4096,
        journal: bool = True,
        on_committed: Callable[[Sequence[Fact]], None] | None = None,
    ) -> None:
        self._store = store
        self._commit_every = commit_every
        self._journal = journal
        self._on_committed = on_committed
        self._entries: list[Entry] = []

    def submit(self, facts: Sequence[Fact], now: float, on_durable: Callable[[], None] | None = None) -> None:
        """Take the facts; they are in the tables after the next ``flush`` at the latest."""
        self._entries.extend([(now, fact) for fact in facts])
        if len(self._entries) >= self._commit_every:
            self.flush()
        if on_durable is not None:
            on_durable()

    @property
    def healthy(self) -> bool:
        return True

    @property
    def waiting(self) -> int:
        """Facts taken and not yet in the tables."""
        return len(self._entries)

    def flush(self) -> None:
        """Write everything that was taken."""
        if not self._entries:
            return
        entries, self._entries = self._entries, []
        with self._store.pen, self._store.writing.begin() as connection:
            carry_out(connection, project(entries, journal=self._journal), deeds(entries), chain=CHAIN)
        if self._on_committed is not None:
            self._on_committed([fact for _, fact in entries])

    def close(self) -> None:
        self.flush()
