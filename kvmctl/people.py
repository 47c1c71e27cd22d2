"""Users at receivers: passwords as scrypt hashes, and wrong log-ins that make the next try wait."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping

N, R, P = 2**14, 8, 1
SALT_BYTES = 16
FREE_TRIES = 5
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 300.0
FORGET_S = 900.0
LEAST_LETTERS = 8
MOST_KNOWN = 10_000
"""Most names wrong log-ins are remembered of; the oldest are forgotten."""


def hashed(password: str, salt: bytes) -> str:
    """``scrypt$n$r$p$salt$hash`` of a password; the salt is 16 random bytes."""
    made = hashlib.scrypt(password.encode(), salt=salt, n=N, r=R, p=P)
    return f"scrypt${N}${R}${P}${b64encode(salt).decode()}${b64encode(made).decode()}"


def matches(password: str, kept: str) -> bool:
    """Whether the password is the one the hash was made of; takes some 50 ms. A hash that is none matches nothing."""
    try:
        name, n, r, p, salt, made = kept.split("$")
        if name != "scrypt" or int(n) > 2**17 or int(r) > 16 or int(p) > 4:
            return False
        again = hashlib.scrypt(password.encode(), salt=b64decode(salt), n=int(n), r=int(r), p=int(p), maxmem=2**28)
        return hmac.compare_digest(again, b64decode(made))
    except ValueError:
        return False


NOBODY = hashed("", b"nobody's salt 16")
"""Compared with when there is no such user, so that the answer takes as long."""


class People:
    """Who may sign in. Checking a password is slow and not done here: ask `wait_s`, compare, and tell `tried`."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        """Hashes by user."""
        self._passwords = dict(passwords)
        self._wrong: dict[str, tuple[int, float]] = {}

    def kept(self, user: str) -> str:
        """The hash to compare with; of nobody when there is no such user."""
        return self._passwords.get(user, NOBODY)

    def knows(self, user: str) -> bool:
        return user in self._passwords

    def wait_s(self, user: str, rx: str, now: float) -> float:
        """How long until a log-in of this user or at this receiver is looked at again; 0: now."""
        return max(self._wait(f"u {user[:80]}", now), self._wait(f"r {rx[:80]}", now))

    def tried(self, user: str, rx: str, good: bool, now: float) -> float:
        """What came of a log-in; returns how long the next one waits."""
        for key in (f"u {user[:80]}", f"r {rx[:80]}"):
            if good:
                self._wrong.pop(key, None)
                continue
            count, at = self._wrong.pop(key, (0, now))
            self._wrong[key] = (1 if now - at > FORGET_S else count + 1, now)
        while len(self._wrong) > MOST_KNOWN:
            del self._wrong[next(iter(self._wrong))]
        return self.wait_s(user, rx, now)

    def _wait(self, key: str, now: float) -> float:
        count, at = self._wrong.get(key, (0, 0.0))
        if count < FREE_TRIES or now - at > FORGET_S:
            return 0.0
        wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(count - FREE_TRIES, 10))
        return max(0.0, at + wait - now)


def fit_for_use(password: str) -> bool:
    """Whether a password is long enough and can be typed at a receiver."""
    return LEAST_LETTERS <= len(password) <= 128 and password.isascii() and password.isprintable()
