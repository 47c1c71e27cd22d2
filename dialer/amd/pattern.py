"""A second detector: the length of the greeting and the silence after it, over the noise of the line as it is, and tones.

It differs from Asterisk's in three things: what counts as silence follows the noise of the line, pauses between words do
not end a greeting, and a steady tone (a beep, an announcement's chime, a fax) is a machine's at once.
"""

from collections import deque

import numpy as np

from dialer.amd.detector import FRAME, RATE, Finding, Sound
from telephony.detection import Heard

FRAME_S = FRAME / RATE
LEAST_LEVEL = 60.0
"""Root mean square, of 32767, below which nothing is speech."""
OVER_NOISE = 2.5
"""How many times the noise of the line speech is louder."""
MOST_NOISE = 600.0
"""Louder than this is no noise of a line: somebody speaks from the first instant on."""
NOISE_FRAMES = 50
HUMAN_GREETING_S = 1.3
"""Nobody who waits for an answer has spoken longer."""
MACHINE_GREETING_S = 1.7
QUIET_S = 0.64
"""Silence after a greeting that is more than a pause between words."""
WORD_S = 0.1
TONE_S = 0.3
PURE = 0.85
"""Share of a frame's energy in three neighbouring frequencies from which on it is a tone."""


class Pattern:
    """``dialer.amd.detector.Detector`` by the pattern of a greeting."""

    def __init__(self) -> None:
        self._frames = 0
        self._levels: deque[float] = deque(maxlen=NOISE_FRAMES)
        self._began: int | None = None
        self._ended = self._voiced = self._run = self._tone = 0
        self._pitch = -1
        self._window = np.hanning(FRAME)

    def hear(self, frame: Sound) -> Finding | None:
        self._frames += 1
        sound = frame.astype(np.float64)
        level = float(np.sqrt((sound * sound).mean()))
        speech = level > max(LEAST_LEVEL, OVER_NOISE * self._noise())
        self._levels.append(level)
        if speech:
            return self._spoken(sound)
        self._run = self._tone = 0
        return self._quiet()

    def _noise(self) -> float:
        """The level of the line when nobody speaks: the least of the last second."""
        return min(MOST_NOISE, *self._levels) if self._levels else MOST_NOISE

    def _spoken(self, sound: np.ndarray) -> Finding | None:
        self._run += 1
        self._tone = self._tone + 1 if self._is_tone(sound) else 0
        if self._tone * FRAME_S >= TONE_S:
            return self._found(Heard.MACHINE, "tone")
        if self._run * FRAME_S >= WORD_S:
            if self._began is None:
                self._began = self._frames - self._run
            self._ended = self._frames
            if (self._frames - self._began) * FRAME_S >= MACHINE_GREETING_S:
                return self._found(Heard.MACHINE, "greeting")
        return None

    def _quiet(self) -> Finding | None:
        if self._began is None or (self._frames - self._ended) * FRAME_S < QUIET_S:
            return None
        if (self._ended - self._began) * FRAME_S <= HUMAN_GREETING_S:
            return self._found(Heard.HUMAN, "greeting")
        return self._found(Heard.UNSURE, "greeting")

    def _is_tone(self, sound: np.ndarray) -> bool:
        """Whether nearly all of the frame is one frequency, and the same as before."""
        power = np.abs(np.fft.rfft(sound * self._window)) ** 2
        power[0] = 0.0
        top, total = int(power.argmax()), float(power.sum())
        same = self._pitch < 0 or self._tone == 0 or abs(top - self._pitch) <= 1
        self._pitch = top
        return same and total > 0 and float(power[max(0, top - 1) : top + 2].sum()) / total >= PURE

    def _found(self, heard: Heard, why: str) -> Finding:
        return Finding(heard, round(self._frames * FRAME_S, 3), why)
