"""Who is signed in at which receiver: one user at a time, known by what his sign-in was given."""

import hmac

from kvmctl.matrix.plant import RxId


class Sessions:
    """A sign-in at a receiver ends the one before it."""

    def __init__(self) -> None:
        self._by_rx: dict[RxId, tuple[str, str]] = {}

    def begin(self, rx: RxId, user: str, session: str) -> str:
        self._by_rx[rx] = (user, session)
        return session

    def end(self, rx: RxId) -> None:
        self._by_rx.pop(rx, None)

    def user(self, rx: RxId, session: str) -> str:
        """Who that session is of, "" when it is none of this receiver's."""
        user, kept = self._by_rx.get(rx, ("", ""))
        return user if kept and hmac.compare_digest(kept.encode(), session.encode()) else ""

    def at(self, rx: RxId) -> str:
        """Who sits there, "" for nobody."""
        return self._by_rx.get(rx, ("", ""))[0]
