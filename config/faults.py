"""What is wrong with a settings file: one fault for each mistake, said in the reader's language, never with a secret."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from config.catalogue import describe, everything
from config.words import say

_SHOWN = 60
_MOST_SAID = 100
_HOLDER = 16
_TOKENS = ("api", "tokens")


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake. `key` is how a person finds it (``trunk[2].dial``, tables counted from 1), `code` says what it is.

    `line` and `column` count from 1 and are None where nothing of the key stands in the file."""

    file: str
    line: int | None
    key: str
    code: str
    words: dict[str, str] = field(default_factory=dict)
    column: int | None = None
    setting: str = ""

    def say(self, lang: str) -> str:
        """One line: where, which key, what was found, what is allowed, what the setting is for."""
        words = dict(self.words)
        for name in ("kind", "found_kind"):
            if name in words:
                words[name] = say(lang, f"kind.{words[name]}")
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        text = say(lang, f"settings.{self.code}", **words)
        purpose = describe(lang, self.setting)
        about = say(lang, "settings.purpose", purpose=purpose) if purpose else ""
        return " ".join(part for part in (f"{where}:", f"{self.key}:" if self.key else "", text, about) if part)


class SettingsError(Exception):
    """A settings file that cannot be used, with everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.say("en"))

    def say(self, lang: str) -> str:
        """A line for each fault, the first hundred of them."""
        lines = [fault.say(lang) for fault in self.faults[:_MOST_SAID]]
        if len(self.faults) > _MOST_SAID:
            lines.append(say(lang, "settings.more", count=len(self.faults) - _MOST_SAID))
        return "\n".join(lines)


def shown(loc: Sequence[str | int], value: object) -> str:
    """A value as an error may show it: secrets not at all, long ones cut, long runs of digits masked."""
    names = [part for part in loc if isinstance(part, str)]
    if "secret" in names or "password" in names or tuple(names[:2]) == _TOKENS:
        return "***"
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else mask_digits(str(value)[:_SHOWN])
    if names[-1:] == ["url"] and "@" in value:
        return "***"
    cut = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
    return '"' + "".join(letter if letter.isprintable() else "·" for letter in mask_digits(cut)) + '"'


def mask_digits(text: str) -> str:
    """The text with enough of its digits hidden that no telephone number can be read off it."""
    digits = [place for place, letter in enumerate(text) if letter.isdigit()]
    if len(digits) < 7:
        return text
    hidden = set(digits[3:-4]) if len(digits) >= 11 else set(digits[:-2])
    return "".join("*" if place in hidden else letter for place, letter in enumerate(text))


def key_text(loc: Sequence[str | int]) -> str:
    """A path as people write it, tables of an array counted from 1; long names of token holders are cut."""
    text = ""
    for place, part in enumerate(loc):
        if isinstance(part, int):
            text += f"[{part + 1}]"
            continue
        if tuple(loc[:2]) == _TOKENS and place == 2 and len(part) > _HOLDER:
            part = part[:4] + "…"
        text += f".{part}" if text else part
    return "".join(letter if letter.isprintable() else "·" for letter in text[:200])


def setting_of(loc: Sequence[str | int]) -> str:
    """The dotted name of the setting a path means, without numbers and chosen names; empty for an unknown one."""
    rows = everything()
    name = ""
    for part in loc:
        if isinstance(part, str) and (longer := f"{name}.{part}" if name else part) in rows:
            name = longer
        elif not (isinstance(part, int) or rows.get(name) is not None):
            return ""
    return name
