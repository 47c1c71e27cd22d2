"""What a customer hears in 20 ms of G.711 µ-law: an agent, music, a message or nothing; each has a tone of its own."""

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from tests.asterisk.rig.sipp import AGENT_HZ, MUSIC_HZ, RATE

MESSAGE_HZ = 600
FRAME = 160
LOUD = 0.03
"""Least root mean square of a frame (full level is 1.0) that is not silence."""
SHARE = 0.3
"""Least share of a frame's energy a tone must have; of a pure one it has about nine tenths."""


class Sound(StrEnum):
    SILENCE = "silence"
    AGENT = "agent"
    MUSIC = "music"
    MESSAGE = "message"
    OTHER = "other"


def _levels() -> npt.NDArray[np.float32]:
    code = ~np.arange(256, dtype=np.int64) & 0xFF
    magnitude = (((code & 0x0F) << 3) + 132 << ((code >> 4) & 7)) - 132
    return (np.where(code & 0x80, -magnitude, magnitude) / 32768).astype(np.float32)


LEVELS = _levels()
_TONES = ((Sound.AGENT, AGENT_HZ), (Sound.MUSIC, MUSIC_HZ), (Sound.MESSAGE, MESSAGE_HZ))
_WAVES = np.exp(-2j * np.pi * np.outer([hertz for _, hertz in _TONES], np.arange(FRAME)) / RATE).astype(np.complex64)


def heard(payload: bytes) -> Sound:
    """The sound of one frame; anything but 160 bytes is judged by its first 160 or filled up with silence."""
    level = LEVELS[np.frombuffer(payload[:FRAME].ljust(FRAME, b"\xff"), dtype=np.uint8)]
    energy = float(level @ level)
    if energy < FRAME * LOUD**2:
        return Sound.SILENCE
    power = np.abs(_WAVES @ level) ** 2 * 2 / (FRAME * energy)
    best = int(power.argmax())
    return _TONES[best][0] if power[best] >= SHARE else Sound.OTHER
