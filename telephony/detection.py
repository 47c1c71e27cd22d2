"""The words of answering machine detection: what a detector heard, and what became of the call for it."""

from enum import StrEnum


class Heard(StrEnum):
    """A detector's verdict of who has answered."""

    HUMAN = "human"
    MACHINE = "machine"
    UNSURE = "unsure"


class Then(StrEnum):
    """What became of an answered call once the detector had spoken."""

    AGENT = "agent"
    """It goes on as a customer's."""
    SAMPLE = "sample"
    """Taken for a machine's, and an agent who is free gets it all the same, to tell what it was."""
    HANG_UP = "hang_up"
    MESSAGE = "message"
    """A recorded message is left."""


TAKEN_FOR_MACHINE = frozenset({Then.HANG_UP, Then.MESSAGE})

BY_WORD: dict[str, Heard] = {"HUMAN": Heard.HUMAN, "MACHINE": Heard.MACHINE, "NOTSURE": Heard.UNSURE}
"""By the word that Asterisk's AMD, or a detector of the house's own, leaves in AMDSTATUS."""
WORD: dict[Heard, str] = {heard: word for word, heard in BY_WORD.items()}


def cause_word(text: str) -> str:
    """The word of an AMDCAUSE such as ``LONGGREETING-1500-1500``, in small letters; no digits get through."""
    word = text.strip().partition("-")[0].lower()[:24]
    return word if word.replace("_", "").isalpha() and word.isascii() else ""
