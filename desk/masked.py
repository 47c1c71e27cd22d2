"""Facts as plain fields for pages: nothing that could be a whole number, no fingerprints."""

import re
from typing import Any

import msgspec

from telephony.facts import Fact

_DIGITS = re.compile(r"\+?\d(?:[ -]?\d){6,18}")
_HIDDEN = frozenset({"number_key", "customer", "leads"})
_FREE_TEXT = frozenset({"note", "caller_id", "what", "why", "words", "reason", "where", "about", "number"})


def mask_digits(text: str) -> str:
    """The text with every run of seven digits and more masked as a phone number would be."""

    def masked(found: re.Match[str]) -> str:
        digits = re.sub(r"[ -]", "", found.group())
        return f"{digits[:-8]}****{digits[-4:]}" if len(digits) >= 9 else "*" * (len(digits) - 2) + digits[-2:]

    return _DIGITS.sub(masked, text)


def mask_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """A fact's fields without fingerprints, with free text masked."""
    clean: dict[str, Any] = {}
    for name, value in fields.items():
        if name in _HIDDEN or name == "type":
            continue
        if name in _FREE_TEXT and isinstance(value, str):
            value = mask_digits(value)
        elif name in _FREE_TEXT and isinstance(value, dict):
            value = {key: mask_digits(str(inner)) for key, inner in value.items()}
        clean[name] = value
    return clean


def plain(at: float, fact: Fact) -> dict[str, Any]:
    """A fact as the pages get it: ``kind``, ``at`` and its masked fields."""
    return {"kind": type(fact).__name__, "at": at, **mask_fields(msgspec.to_builtins(fact))}
