"""The gate: every call to anybody outside passes it, and it says by which rule it does not and from when it would."""

from dialer.gate.decision import BUSY_RETRY_S, DAY_S, Callee, may_dial
from dialer.gate.rules import AUTOMATIC, GateRules, look_back_s
from dialer.gate.state import REMEMBERED_S, GateState
from dialer.gate.verdict import Rule, Verdict

__all__ = [
    "AUTOMATIC",
    "BUSY_RETRY_S",
    "DAY_S",
    "REMEMBERED_S",
    "Callee",
    "GateRules",
    "GateState",
    "Rule",
    "Verdict",
    "look_back_s",
    "may_dial",
]
