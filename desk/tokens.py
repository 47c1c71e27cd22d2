"""Who holds which access token: compared in constant time, and every wrong guess waits longer than the one before."""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping

from pydantic import SecretStr

from config.rights import ROLES, UNNAMED, Right

log = logging.getLogger(__name__)

SHORTEST = 24
LONGEST = 512
FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 4.0
MOST_WAITING = 32
MOST_PEERS = 1024


class Tokens:
    """The holders' tokens. A right token never waits, so nobody is locked out by another's guesses."""

    def __init__(
        self,
        holders: Mapping[str, SecretStr],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        *,
        roles: Mapping[str, str] = {},
    ) -> None:
        self._roles = dict(roles)
        self._secrets: list[tuple[str, bytes]] = []
        for name, secret in holders.items():
            value = secret.get_secret_value().encode()
            if len(value) < SHORTEST:
                log.error("the token of %s is shorter than %d characters and is not accepted", name, SHORTEST)
                continue
            self._secrets.append((name, value))
        self._sleep = sleep
        self._wrong: dict[str, int] = {}
        self._waiting = 0

    def holder(self, token: str) -> str | None:
        """The name of the token's holder, or None; every token is compared, so the time tells nothing."""
        given = token.encode(errors="replace")[:LONGEST]
        found: str | None = None
        for name, secret in self._secrets:
            if hmac.compare_digest(given, secret):
                found = name
        return found

    def rights(self, holder: str) -> frozenset[Right]:
        """What a holder may do; a role nobody knows gives nothing."""
        return ROLES.get(self._roles.get(holder, UNNAMED), frozenset())

    async def check(self, token: str, peer: str) -> str | None:
        """As `holder`, but a wrong token is answered late: 0.25 s, doubling up to 4 s for each `peer`."""
        name = self.holder(token) if token else None
        if name is not None:
            self._wrong.pop(peer, None)
            return name
        if token:
            await self._penance(peer)
        return None

    async def _penance(self, peer: str) -> None:
        if len(self._wrong) >= MOST_PEERS:
            self._wrong.clear()
        times = self._wrong[peer] = self._wrong.get(peer, 0) + 1
        if times == 1 or times % 20 == 0:
            log.warning("wrong access token from %s (%d times)", peer, times)
        if self._waiting >= MOST_WAITING:
            return
        self._waiting += 1
        try:
            await self._sleep(min(FIRST_WAIT_S * 2 ** min(times - 1, 8), LONGEST_WAIT_S))
        finally:
            self._waiting -= 1
