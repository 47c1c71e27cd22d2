"""The wall clock that never goes backwards: epoch seconds at the start, then the monotonic clock."""

import time


class WallClock:
    """``telephony.ports.Clock``; a correction of the system's clock is taken over only at the next start."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        return self._offset + time.monotonic()
