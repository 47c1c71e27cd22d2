"""The do-not-call list's nouns: an entry as the store keeps it, and the word that entries have changed."""

from enum import StrEnum

import msgspec

from telephony.ids import CustomerId


class BarKind(StrEnum):
    """What an entry names."""

    NUMBER = "number"
    CUSTOMER = "customer"
    PREFIX = "prefix"
    RANGE = "range"


class BarEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. A number is its fingerprint (0: none named); `low` is a prefix, `low` to `high` a range, in E.164 digits.

    Without campaign and owner it holds everywhere, else on that campaign or for campaigns of that list owner. `until`
    (epoch seconds) None is for good; `shown` is the masked number for people."""

    id: int
    kind: BarKind
    number_key: int = 0
    customer: CustomerId = CustomerId("")
    low: int = 0
    high: int = 0
    campaign: str = ""
    owner: str = ""
    reason: str
    source: str
    author: str
    at: float
    until: float | None = None
    shown: str = ""
    lifted_at: float | None = None
    lifted_by: str = ""
    changed_at: float = 0.0


class BarsChanged(msgspec.Struct, frozen=True):
    """Entries that are new, changed or lifted, whoever wrote them."""

    entries: tuple[BarEntry, ...]
