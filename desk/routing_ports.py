"""What the desk asks about routing: why an agent was chosen for a call, and who is certified for what."""

from collections.abc import Sequence
from typing import Annotated, Protocol

import msgspec

from desk.bodies import Body


class OfferRow(msgspec.Struct, frozen=True, kw_only=True):
    """One offer of a call to an agent, and why he: a code with words that fill it in, and the same said in Chinese and
    English. `failed` says why he did not take it, empty when he did or still may."""

    call: str
    at: float
    agent: str
    campaign: str
    code: str
    words: dict[str, str]
    zh: str
    en: str
    failed: str = ""


class CertificateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate; `until` None is for good. Only a valid one makes the skill count."""

    agent: str
    skill: str
    granted_at: float
    until: float | None
    actor: str
    withdrawn_at: float | None
    valid: bool


class Certify(Body, frozen=True, kw_only=True):
    """Grant a skill's certificate, for so many days or for good."""

    skill: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    days: Annotated[float, msgspec.Meta(gt=0, le=3660)] | None = None


class Decertify(Body, frozen=True, kw_only=True):
    """Take a certificate back."""

    skill: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    why: Annotated[str, msgspec.Meta(max_length=200)] = ""


class RoutingDesk(Protocol):
    async def offers(self, call: str) -> Sequence[OfferRow]:
        """Every offer of a call, in order."""
        ...

    async def certificates(self) -> Sequence[CertificateRow]:
        """Every certificate ever granted, as it stands."""
        ...
