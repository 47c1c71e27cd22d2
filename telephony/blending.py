"""Blending: whether the dialler may count on agents who serve callers too."""

from telephony.facts import Fact
from telephony.ids import ServerId


class BlendingChanged(Fact, frozen=True, kw_only=True):
    """From now on outbound gets agents who serve callers too, or none of them; `why` is a code with its `words`."""

    server: ServerId
    spared: bool
    why: str
    words: dict[str, str] = {}
