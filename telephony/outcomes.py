"""What the network did with an attempt, judged from evidence that may arrive in any order.

Measured on Asterisk 22.10 and 16.28: ``Reason`` of OriginateResponse never tells busy from congested, ``DialEnd`` says
NOANSWER for a bad number; so the hang-up cause and the SIP code decide, and Reason 3 alone marks a time-out. A time-out
without any ringing or early media is a dead carrier: Asterisk would say 408 only after 32 s.
"""

from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    ANSWERED = "answered"
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    UNAVAILABLE = "unavailable"
    INVALID = "invalid"
    CONGESTION = "congestion"
    TRUNK_DOWN = "trunk_down"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Fault(StrEnum):
    """Whose doing an outcome was: what a retry rule and a trunk's health need to know."""

    CUSTOMER = "customer"
    NETWORK = "network"
    US = "us"
    NOBODY = "nobody"


WHOSE: dict[Outcome, Fault] = {
    Outcome.ANSWERED: Fault.NOBODY,
    Outcome.MACHINE: Fault.CUSTOMER,
    Outcome.BUSY: Fault.CUSTOMER,
    Outcome.NO_ANSWER: Fault.CUSTOMER,
    Outcome.DECLINED: Fault.CUSTOMER,
    Outcome.UNAVAILABLE: Fault.CUSTOMER,
    Outcome.INVALID: Fault.CUSTOMER,
    Outcome.CONGESTION: Fault.NETWORK,
    Outcome.TRUNK_DOWN: Fault.NETWORK,
    Outcome.CANCELLED: Fault.US,
    Outcome.REFUSED: Fault.US,
    Outcome.UNKNOWN: Fault.US,
}

REASON_TIMEOUT = 3
REASON_ANSWERED = 4
CAUSE_NORMAL_CLEARING = 16
"""Of a leg nobody answered: only our own side clears so."""

_BY_SIP: dict[int, Outcome] = {
    404: Outcome.INVALID,
    410: Outcome.INVALID,
    484: Outcome.INVALID,
    604: Outcome.INVALID,
    486: Outcome.BUSY,
    600: Outcome.BUSY,
    480: Outcome.UNAVAILABLE,
    408: Outcome.TRUNK_DOWN,
    403: Outcome.CONGESTION,
    500: Outcome.CONGESTION,
    502: Outcome.CONGESTION,
    503: Outcome.CONGESTION,
    504: Outcome.CONGESTION,
    603: Outcome.DECLINED,
    607: Outcome.DECLINED,
    608: Outcome.DECLINED,
    487: Outcome.CANCELLED,
}

_BY_Q850: dict[int, Outcome] = {
    1: Outcome.INVALID,
    22: Outcome.INVALID,
    28: Outcome.INVALID,
    17: Outcome.BUSY,
    18: Outcome.TRUNK_DOWN,
    19: Outcome.UNAVAILABLE,
    20: Outcome.UNAVAILABLE,
    21: Outcome.DECLINED,
    27: Outcome.TRUNK_DOWN,
    31: Outcome.NO_ANSWER,
    34: Outcome.CONGESTION,
    38: Outcome.CONGESTION,
    41: Outcome.CONGESTION,
    42: Outcome.CONGESTION,
    44: Outcome.CONGESTION,
    3: Outcome.INVALID,
    58: Outcome.CONGESTION,
}


class Evidence(msgspec.Struct, kw_only=True, gc=False):
    """All that was learned of one attempt, in whatever order it came; judged once the leg has ended."""

    leg_seen: bool = False
    rang: bool = False
    """Ringing or early media was reported: the far end is alive."""
    answered: bool = False
    machine: bool = False
    cancelled: bool = False
    refused: bool = False
    ended: bool = False
    cause: int | None = None
    tech_cause: int | None = None
    originate_ended: bool = False
    originate_ok: bool = False
    reason: int | None = None
    dial_status: str = ""

    @property
    def complete(self) -> bool:
        """Whether nothing that may still arrive can change the verdict."""
        if self.refused:
            return True
        if not self.leg_seen:
            return self.originate_ended and not self.originate_ok
        return self.ended and (self.answered or self.originate_ended or self.cancelled)


def judge(seen: Evidence) -> Outcome:
    """The outcome of an attempt; the same for every order in which its evidence came."""
    if seen.answered or seen.originate_ok:
        return Outcome.MACHINE if seen.machine else Outcome.ANSWERED
    if seen.refused:
        return Outcome.REFUSED
    if seen.cancelled:
        return Outcome.CANCELLED
    if seen.reason == REASON_TIMEOUT:
        return Outcome.NO_ANSWER if seen.rang else Outcome.TRUNK_DOWN
    if not seen.leg_seen:
        return Outcome.TRUNK_DOWN if seen.originate_ended else Outcome.UNKNOWN
    if seen.tech_cause is not None and seen.tech_cause in _BY_SIP:
        return _BY_SIP[seen.tech_cause]
    if seen.cause is not None and seen.cause in _BY_Q850:
        return _BY_Q850[seen.cause]
    if seen.ended and seen.cause == CAUSE_NORMAL_CLEARING:
        return Outcome.CANCELLED
    match seen.dial_status:
        case "BUSY":
            return Outcome.BUSY
        case "CONGESTION":
            return Outcome.CONGESTION
        case "CHANUNAVAIL":
            return Outcome.TRUNK_DOWN
        case "NOANSWER":
            return Outcome.NO_ANSWER
    return Outcome.UNKNOWN
