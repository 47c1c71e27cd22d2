"""What a detector of answering machines is to us: sound goes in from the answer on, a verdict comes out once."""

from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from telephony.detection import Heard

Sound = npt.NDArray[np.int16]

RATE = 8000
"""Samples a second."""
FRAME = 160
"""Samples of a frame, 20 ms."""


class Finding(msgspec.Struct, frozen=True):
    """A verdict, the seconds after the answer at which it was reached, and why in the detector's own word."""

    heard: Heard
    at_s: float
    why: str


class Detector(Protocol):
    """Fed frame by frame; says its verdict once and is not asked again."""

    def hear(self, frame: Sound) -> Finding | None:
        """The next 20 ms, 160 samples of 16 bits; None while it is not decided."""
        ...


def listen(detector: Detector, sound: Sound, most_s: float) -> Finding:
    """What the detector hears in a recording that begins at the answer, within `most_s` seconds or the recording."""
    for begin in range(0, min(len(sound), int(most_s * RATE)) - FRAME + 1, FRAME):
        if (found := detector.hear(sound[begin : begin + FRAME])) is not None:
            return found
    return Finding(Heard.UNSURE, round(min(most_s, len(sound) / RATE), 3), "toolong")
