"""What the gate answers: passed, or the rule that objects and the instant from which it would pass."""

from enum import StrEnum

import msgspec


class Rule(StrEnum):
    """The rules in the order they are asked; the first that objects is named."""

    DO_NOT_CALL = "do_not_call"
    IN_CALL = "in_call"
    CONSENT = "consent"
    HOLIDAY = "holiday"
    WINDOW = "window"
    FREQUENCY = "frequency"
    ABANDON_REST = "abandon_rest"
    PREFIX = "prefix"


class Verdict(msgspec.Struct, frozen=True):
    """Passed when `rule` is None; else refused by it. `until` is the earliest instant at which all rules would pass as
    things stand, None for a bar that never ends; where nobody can say when, a day on, to ask again."""

    rule: Rule | None = None
    until: float | None = None

    @property
    def passed(self) -> bool:
        return self.rule is None

    @staticmethod
    def ok() -> "Verdict":
        return OK

    @staticmethod
    def refused(rule: Rule, until: float | None) -> "Verdict":
        return Verdict(rule, until)


OK = Verdict()
