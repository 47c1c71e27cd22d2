"""Timers as data: a heap of due instants by key, moved by setting a key again; the edge asks when the next is due."""

from heapq import heappop, heappush

from telephony.commands import TimerKey


class Timers:
    """Keyed timers; setting a key again moves it, and each fires once."""

    def __init__(self) -> None:
        self._at: dict[TimerKey, float] = {}
        self._heap: list[tuple[float, int, TimerKey]] = []
        self._serial = 0

    def __len__(self) -> int:
        return len(self._at)

    def set(self, key: TimerKey, at: float) -> None:
        self._at[key] = at
        self._serial += 1
        heappush(self._heap, (at, self._serial, key))

    def cancel(self, key: TimerKey) -> None:
        self._at.pop(key, None)

    def next_at(self) -> float | None:
        """The instant the next timer is due, or None."""
        heap = self._heap
        while heap:
            at, _, key = heap[0]
            if self._at.get(key) == at:
                return at
            heappop(heap)
        return None

    def due(self, now: float) -> TimerKey | None:
        """Take the earliest timer due by now, or None; call again until it is None."""
        at = self.next_at()
        if at is None or at > now:
            return None
        key = heappop(self._heap)[2]
        del self._at[key]
        return key
