"""What the doctor brings back: findings, each well, doubtful or bad, with codes the catalogue of texts knows."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Level = Literal["ok", "warn", "bad"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at. `code` and `remedy` are codes of the catalogue of texts; `remedy` is empty when all is well."""

    level: Level
    code: str
    words: dict[str, str] = {}
    remedy: str = ""


def ok(code: str, **words: object) -> Finding:
    return Finding(level="ok", code=f"doctor.{code}", words=_texts(words))


def warn(code: str, **words: object) -> Finding:
    return Finding(level="warn", code=f"doctor.{code}", words=_texts(words), remedy=f"doctor.fix.{code}")


def bad(code: str, **words: object) -> Finding:
    return Finding(level="bad", code=f"doctor.{code}", words=_texts(words), remedy=f"doctor.fix.{code}")


def few(names: list[str], most: int = 10) -> str:
    """The first names of a list and how many more there are."""
    return ", ".join(names[:most]) + (f" (+{len(names) - most})" if len(names) > most else "")


def _texts(words: Mapping[str, object]) -> dict[str, str]:
    return {name: str(word) for name, word in words.items()}
