"""Manager users of the simulated Asterisk: what each may read and write, and which events get through to him."""

import re
from collections.abc import Iterable

import msgspec

_POSIX = {"[[:space:]]": r"\s", "[[:digit:]]": r"\d", "[[:alnum:]]": "[A-Za-z0-9]", "[[:alpha:]]": "[A-Za-z]"}
_ADVANCED = re.compile(r"action\((?P<action>include|exclude)\)|name\((?P<name>[^)]*)\)")


class EventFilter:
    """Include and exclude rules over events by name, in both of Asterisk's forms.

    The old form is a regular expression over the event's text, here over its first line, with ``!`` to exclude; the
    new form is ``action(include),name(Hangup)``."""

    def __init__(self, rules: Iterable[str] = ()) -> None:
        self._include: list[re.Pattern[str]] = []
        self._exclude: list[re.Pattern[str]] = []
        self._known: dict[str, bool] = {}
        for rule in rules:
            self.add(rule)

    def add(self, rule: str) -> bool:
        """Add a rule; False when it cannot be read."""
        try:
            pattern, excludes = self._read(rule.strip())
        except re.error:
            return False
        (self._exclude if excludes else self._include).append(pattern)
        self._known.clear()
        return True

    def passes(self, name: str) -> bool:
        """Whether an event of this name gets through."""
        known = self._known.get(name)
        if known is None:
            line = f"Event: {name}\r\n"
            included = not self._include or any(pattern.search(line) for pattern in self._include)
            known = self._known[name] = included and not any(pattern.search(line) for pattern in self._exclude)
        return known

    @staticmethod
    def _read(rule: str) -> tuple[re.Pattern[str], bool]:
        if rule.startswith(("action(", "name(")):
            found = {
                key: value for match in _ADVANCED.finditer(rule) for key, value in match.groupdict().items() if value
            }
            name = found.get("name", "")
            pattern = f"^Event: {re.escape(name)}\r$" if name else "^Event: "
            return re.compile(pattern, re.MULTILINE), found.get("action") == "exclude"
        excludes = rule.startswith("!")
        text = rule.lstrip("!")
        for posix, python in _POSIX.items():
            text = text.replace(posix, python)
        return re.compile(text), excludes


class ManagerUser(msgspec.Struct, frozen=True):
    """One stanza of manager.conf. `filters` are its ``eventfilter`` lines; `write_timeout_s` is ``writetimeout``."""

    name: str = "switchroom"
    secret: str = "simulated"
    read: frozenset[str] = frozenset({"system", "call", "user"})
    write: frozenset[str] = frozenset({"call", "originate", "reporting", "system"})
    filters: tuple[str, ...] = ()
    write_timeout_s: float = 5.0
