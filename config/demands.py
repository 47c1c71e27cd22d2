"""What a call asks of an agent, as text: ``broadband>=3 and (yue or cmn>=2) and not trainee``.

A bare name asks for the skill at any level; ``>= > <= < =`` compare its level, which is 0 for who has not got it. Names may
carry a prefix (``queue:support``, ``campaign:sale``, ``group:north``): membership is a skill of level 1.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

Levels = Mapping[str, int]
Test = Callable[[Levels], bool]

_WORD = re.compile(r"\s*(?:(>=|<=|>|<|=|\(|\))|([A-Za-z0-9_.:]+))")
_NAME = re.compile(r"(?:(?:queue|campaign|group):)?[A-Za-z0-9_.]{1,40}\Z")
_WORDS = frozenset({"and", "or", "not"})
DEEPEST = 20
"""Most brackets in brackets."""


class NotADemand(ValueError):
    """The text is not a demand; `at` is where reading stopped."""

    def __init__(self, text: str, at: int) -> None:
        super().__init__(f"not a demand from character {at + 1} on")
        self.text, self.at = text, at


class Demand:
    """A demand. Two of the same `text` are the same; `asks` are the skills an agent must or may have to meet it."""

    __slots__ = ("asks", "meets", "text")

    def __init__(self, text: str, meets: Test, asks: tuple[str, ...]) -> None:
        self.text, self.meets, self.asks = text, meets, asks

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Demand) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Demand({self.text!r})"


ANYBODY = Demand("", lambda _: True, ())


def has(skill: str, low: int = 1, high: int = 99) -> Demand:
    """The skill at a level from `low` to `high`."""

    def meets(levels: Levels) -> bool:
        return low <= levels.get(skill, 0) <= high

    if low == 1 and high == 99:
        return Demand(skill, lambda levels: levels.get(skill, 0) > 0, (skill,))
    if high == 99:
        return Demand(f"{skill}>={low}", lambda levels: levels.get(skill, 0) >= low, (skill,))
    text = f"{skill}={low}" if low == high else f"{skill}<={high}"
    if 0 < low < high:
        text = f"({skill}>={low} and {skill}<={high})"
    return Demand(text, meets, (skill,) if low > 0 else ())


def both(*parts: Demand) -> Demand:
    """Whoever meets all of them; what asks nothing is left out."""
    asked = tuple(dict.fromkeys(part for part in parts if part.text))
    if len(asked) < 2:
        return asked[0] if asked else ANYBODY
    tests = tuple(part.meets for part in asked)
    if len(tests) == 2:
        first, second = tests
        return Demand(_joined(" and ", asked), lambda levels: first(levels) and second(levels), _asks(asked))
    return Demand(_joined(" and ", asked), lambda levels: all(test(levels) for test in tests), _asks(asked))


def either(*parts: Demand) -> Demand:
    """Whoever meets one of them."""
    asked = tuple(dict.fromkeys(parts))
    if any(not part.text for part in asked):
        return ANYBODY
    if len(asked) == 1:
        return asked[0]
    tests = tuple(part.meets for part in asked)
    return Demand(_joined(" or ", asked), lambda levels: any(test(levels) for test in tests), _asks(asked))


def nobody_with(part: Demand) -> Demand:
    """Whoever does not meet it."""
    test = part.meets
    return Demand(f"not ({part.text})", lambda levels: not test(levels), ())


def _joined(word: str, parts: Iterable[Demand]) -> str:
    return word.join(f"({part.text})" if " " in part.text else part.text for part in parts)


def _asks(parts: Iterable[Demand]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(skill for part in parts for skill in part.asks))


@lru_cache(maxsize=4096)
def demand(text: str) -> Demand:
    """Read a demand; empty text asks nothing. Raises NotADemand."""
    if not text.strip():
        return ANYBODY
    reader = _Reader(text)
    found = reader.alternatives(0)
    if reader.word:
        raise NotADemand(text, reader.begins)
    return found


def names_in(text: str) -> list[str]:
    """Every skill a demand's text names, whether it can be read or not."""
    words = [found[2] for found in _WORD.finditer(text) if found[2]]
    return list(dict.fromkeys(word for word in words if word not in _WORDS and not word.isdigit()))


class _Reader:
    """Reads words one after another; `word` is the one at hand, empty at the end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._at = 0
        self.begins = 0
        self.word = ""
        self.next()

    def next(self) -> str:
        was = self.word
        match = _WORD.match(self.text, self._at)
        if match is None:
            if self.text[self._at :].strip():
                raise NotADemand(self.text, self._at)
            self.word, self.begins = "", len(self.text)
        else:
            self.word, self.begins, self._at = (
                match[1] or match[2],
                match.end() - len(match[1] or match[2]),
                match.end(),
            )
        return was

    def alternatives(self, depth: int) -> Demand:
        parts = [self.conditions(depth)]
        while self.word == "or":
            self.next()
            parts.append(self.conditions(depth))
        return either(*parts)

    def conditions(self, depth: int) -> Demand:
        parts = [self.condition(depth)]
        while self.word == "and":
            self.next()
            parts.append(self.condition(depth))
        return both(*parts)

    def condition(self, depth: int) -> Demand:
        if depth > DEEPEST:
            raise NotADemand(self.text, self.begins)
        if self.word == "not":
            self.next()
            return nobody_with(self.condition(depth + 1))
        if self.word == "(":
            self.next()
            inner = self.alternatives(depth + 1)
            self._must(self.word == ")")
            self.next()
            return inner
        self._must(_NAME.match(self.word) is not None and self.word not in _WORDS)
        skill = self.next()
        if self.word not in (">=", "<=", ">", "<", "="):
            return has(skill)
        sign = self.next()
        self._must(len(self.word) == 1 and self.word in "012345")
        level = int(self.next())
        low, high = {
            ">=": (level, 99), ">": (level + 1, 99), "<=": (0, level), "<": (0, level - 1), "=": (level, level),
        }[sign]  # fmt: skip
        return has(skill, low, high)

    def _must(self, holds: bool) -> None:
        if not holds:
            raise NotADemand(self.text, self.begins)
