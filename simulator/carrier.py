"""The carrier whose behaviour is written into the number dialled: ``K RR TTT NNNN``, as our SIPp carrier reads it."""

from math import inf

from simulator.legs import Ending, Fate

KINDS: dict[str, Ending] = {
    "1": Ending.ANSWERS,
    "2": Ending.BUSY,
    "3": Ending.RINGS_OUT,
    "4": Ending.CONGESTED,
    "5": Ending.NOT_ASSIGNED,
    "6": Ending.UNAVAILABLE,
    "7": Ending.DECLINES,
    "8": Ending.ANSWERS,
    "9": Ending.EARLY_MEDIA_THEN_BUSY,
}


class ScriptedCarrier:
    """A population of test numbers: K the fate, RR tenths of a second ringing, TTT until the customer's BYE, 000 never."""

    def fate(self, digits: str, now: float) -> Fate:
        talk_s = int(digits[3:6]) / 10
        machine = digits[0] == "8"
        return Fate(
            KINDS.get(digits[0], Ending.DEAD),
            setup_s=0.02,
            ring_s=int(digits[1:3]) / 10,
            patience_s=talk_s or inf,
            amd="MACHINE" if machine else "HUMAN",
            amd_s=1.5 if machine else 1.2,
        )
