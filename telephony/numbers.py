"""A phone number that masks itself: ``str``, ``repr``, formatting and pickling never show the middle four digits.

The whole number leaves by three named doors only, and a test lists who may use each: ``for_exchange`` (the dial string
on the wire to the PBX), ``for_store`` (the database column meant for it), ``reveal`` (a person with the right).
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import NoReturn

import phonenumbers
from phonenumbers.phonenumberutil import is_number_type_geographical
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

RevealLedger = Callable[[str, str, str], None]
"""Called with (masked number, reason, actor) before a number is shown to a person."""


class NumberFault(ValueError):
    """The text is not a number that can be dialled; ``why`` is a short code for reports, never the text itself."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


_LINES = {
    phonenumbers.PhoneNumberType.MOBILE: "mobile",
    phonenumbers.PhoneNumberType.FIXED_LINE: "fixed",
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
}


class PhoneNumber:
    """An E.164 number such as +8613800138000; equality and hash are by the number."""

    __slots__ = ("_e164",)

    def __init__(self, e164: str) -> None:
        """Take a trusted E.164 text (``+`` and 3 to 15 digits); text from outside goes through ``parse``."""
        if not (4 <= len(e164) <= 16 and e164[0] == "+" and (digits := e164[1:]).isdigit() and digits.isascii()):
            raise NumberFault("not_e164")
        self._e164 = e164

    @property
    def masked(self) -> str:
        """The number with its middle four digits hidden, e.g. ``+86138****8000``; short numbers lose all but two."""
        digits = self._e164
        if len(digits) < 9:
            return digits[:1] + "*" * (len(digits) - 3) + digits[-2:]
        return f"{digits[:-8]}****{digits[-4:]}"

    def for_exchange(self, template: str) -> str:
        """The dial string for the PBX: ``{e164}`` with plus, ``{digits}`` without, ``{national}`` without country."""
        if "{national}" in template:
            parsed = phonenumbers.parse(self._e164)
            return template.replace("{national}", phonenumbers.national_significant_number(parsed))
        return template.replace("{e164}", self._e164).replace("{digits}", self._e164[1:])

    def for_store(self) -> str:
        """The whole number, for the database column meant for it."""
        return self._e164

    def reveal(self, *, reason: str, actor: str, ledger: RevealLedger) -> str:
        """The whole number for a person with the right to it; written to the ledger first."""
        if not reason.strip():
            raise ValueError("a reason is needed to see a whole number")
        ledger(self.masked, reason, actor)
        return self._e164

    def begins(self, prefix: str | tuple[str, ...]) -> bool:
        """Whether the number begins so, or in one of these ways (E.164 with plus, e.g. ``+86``): for fraud guards."""
        return self._e164.startswith(prefix)

    def ordinal(self) -> int:
        """The digits as one integer below 10**15, for looking the number up in lists and ranges."""
        return int(self._e164[1:])

    def key(self, secret: bytes) -> int:
        """A keyed 63-bit fingerprint for counting calls to a number without storing it again."""
        return int.from_bytes(blake2b(self._e164.encode(), digest_size=8, key=secret).digest()) >> 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PhoneNumber) and other._e164 == self._e164

    def __hash__(self) -> int:
        return hash(self._e164)

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"<PhoneNumber {self.masked}>"

    def __format__(self, spec: str) -> str:
        return format(self.masked, spec)

    def __copy__(self) -> "PhoneNumber":
        return self

    def __deepcopy__(self, memo: object) -> "PhoneNumber":
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a phone number is not pickled: store it with for_store()")


def parse(text: str, region: str) -> PhoneNumber:
    """Read a number as people write it, in the numbering plan of `region` (ISO 3166); raises NumberFault."""
    cleaned = text.strip()
    if not cleaned:
        raise NumberFault("empty")
    if len(cleaned) > 40:
        raise NumberFault("too_long")
    try:
        parsed = phonenumbers.parse(cleaned, region)
    except phonenumbers.NumberParseException:
        raise NumberFault("not_a_number") from None
    if not phonenumbers.is_possible_number(parsed):
        raise NumberFault("wrong_length")
    if not phonenumbers.is_valid_number(parsed):
        raise NumberFault("not_assigned")
    return PhoneNumber(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def area_of(number: PhoneNumber) -> str:
    """The first five digits, which tell country and area or operator, never the subscriber."""
    return number._e164[:6]


def line_of(number: PhoneNumber) -> str:
    """What kind of line its numbering plan says numbers that begin so are: mobile, fixed or other."""
    return _line(number._e164[:8], len(number._e164))


@lru_cache(maxsize=20_000)
def _line(begins: str, length: int) -> str:
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(begins.ljust(length, "5")))
    except phonenumbers.NumberParseException:
        return "other"
    return _LINES.get(kind, "other")


def zones_of(number: PhoneNumber) -> tuple[str, ...]:
    """All time zones (IANA names) the number may be in; empty when none is known.

    A number of a place has the zones of its longest known prefix; one that is of no place, as mobiles are in many
    countries, has all those of its country."""
    digits = number._e164[1 : 1 + TIMEZONE_LONGEST_PREFIX]
    found = [zones for length in range(1, len(digits) + 1) if (zones := TIMEZONE_DATA.get(digits[:length])) is not None]
    if len(found) < 2 or found[0] == found[-1]:
        return found[0] if found else ()
    parsed = phonenumbers.parse(number._e164)
    of_a_place = is_number_type_geographical(phonenumbers.number_type(parsed), parsed.country_code or 0)
    return found[-1] if of_a_place else found[0]
