"""Listening to a recording: which tone is in it, and how loud."""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt


def samples(path: Path, begin_s: float = 0.0, end_s: float | None = None) -> tuple[npt.NDArray[np.float64], int]:
    """16-bit mono samples between two instants, full level is 1.0, and their rate in hertz."""
    with wave.open(str(path), "rb") as file:
        rate = file.getframerate()
        sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64) / 32768
    return sound[int(begin_s * rate) : None if end_s is None else int(end_s * rate)], rate


def loudness(path: Path, hertz: float, width_hz: float = 40.0) -> float:
    """The share (0 to 1) of the sound's energy within `width_hz` of a frequency; 0 for silence."""
    sound, rate = samples(path)
    power = np.abs(np.fft.rfft(sound)) ** 2
    power[0] = 0.0
    frequency = np.fft.rfftfreq(len(sound), 1 / rate)
    total = float(power.sum())
    return float(power[np.abs(frequency - hertz) <= width_hz].sum()) / total if total > 0 else 0.0


def level(path: Path) -> float:
    """The root mean square of the whole recording, full level is 1.0."""
    sound, _ = samples(path)
    return float(np.sqrt((sound**2).mean())) if len(sound) else 0.0
