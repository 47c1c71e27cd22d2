"""Everything the program says to people, by code, in Chinese and English; a code without a text shows itself."""

import os
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

Lang = Literal["zh-CN", "en"]
LANGS: tuple[Lang, ...] = ("zh-CN", "en")

_FOLDER = Path(__file__).with_name("words")
_SLOT = re.compile(r"\{([a-z_]+)\}")


def say(lang: str, code: str, /, **words: object) -> str:
    """The text of `code` with its slots filled in; a slot without a word stays as it is, nothing is ever raised."""
    text = catalogue("zh-CN" if lang == "zh-CN" else "en").get(code)
    if text is None:
        rest = ", ".join(f"{name}={word}" for name, word in words.items())
        return f"{code} ({rest})" if rest else code
    return _SLOT.sub(lambda slot: str(words.get(slot.group(1), slot.group())), text)


def known(code: str) -> bool:
    return code in catalogue("en")


def slots(text: str) -> frozenset[str]:
    """The names of the slots of a text."""
    return frozenset(_SLOT.findall(text))


@cache
def catalogue(lang: Lang) -> Mapping[str, str]:
    """All texts of a language by dotted code."""
    return dict(_flat("", tomllib.loads((_FOLDER / f"{lang}.toml").read_text("utf-8"))))


@cache
def settings_in_chinese() -> Mapping[str, str]:
    """The Chinese description of every setting by its dotted name; the English one stands at the model."""
    return dict(_flat("", tomllib.loads((_FOLDER / "settings.zh-CN.toml").read_text("utf-8"))))


@cache
def drivers_in_chinese() -> Mapping[str, str]:
    """The Chinese description of every option of a KVM driver by ``driver.option``; the English one stands at the driver."""
    return dict(_flat("", tomllib.loads((_FOLDER / "drivers.zh-CN.toml").read_text("utf-8"))))


def choose(source: str | Mapping[str, str] | None = None) -> Lang:
    """The language for an Accept-Language header, or for an environment (the process's own when None)."""
    if isinstance(source, str):
        return _of_header(source)
    environment = os.environ if source is None else source
    for name in ("SWITCHROOM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name, "").strip():
            return "zh-CN" if value.lower().startswith("zh") else "en"
    return "en"


def _of_header(header: str) -> Lang:
    wishes: list[tuple[float, int, Lang]] = []
    for number, part in enumerate(header[:1000].split(",")):
        tag, _, rest = part.strip().lower().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        if tag.startswith("zh"):
            wishes.append((-weight, number, "zh-CN"))
        elif tag.startswith("en"):
            wishes.append((-weight, number, "en"))
    best = min((wish for wish in wishes if wish[0] < 0), default=None)
    return best[2] if best else "en"


def _flat(prefix: str, tree: dict[str, object]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in tree.items():
        code = f"{prefix}{name}"
        rows.extend(_flat(f"{code}.", value) if isinstance(value, dict) else [(code, str(value))])
    return rows
