"""The rules of Asterisk's AMD() written anew, to try recordings offline: words and silences of 20 ms frames, told apart by
their mean amplitude, against the same arguments the campaign gives to Asterisk."""

import numpy as np

from config.model import AmdSettings
from dialer.amd.detector import Finding, Sound
from telephony.detection import Heard

FRAME_MS = 20


class AsteriskRules:
    """``dialer.amd.detector.Detector`` by Asterisk's rules; the total time is the listener's affair."""

    def __init__(self, settings: AmdSettings) -> None:
        self._set = settings
        self._ms = self._silence_ms = self._voice_ms = self._word_ms = self._words = 0
        self._greeted, self._in_word = False, True

    def hear(self, frame: Sound) -> Finding | None:
        self._ms += FRAME_MS
        quiet = float(np.abs(frame.astype(np.int32)).mean()) < self._set.silence_threshold
        return self._silence() if quiet else self._voice()

    def _silence(self) -> Finding | None:
        rules = self._set
        self._silence_ms += FRAME_MS
        if self._silence_ms >= rules.between_words_ms:
            self._in_word, self._word_ms = False, 0
        if not self._greeted and self._silence_ms >= rules.initial_silence_ms:
            return self._found(Heard.MACHINE, "initialsilence")
        if self._greeted and self._silence_ms >= rules.after_greeting_silence_ms:
            return self._found(Heard.HUMAN, "human")
        return None

    def _voice(self) -> Finding | None:
        rules = self._set
        self._silence_ms = 0
        self._word_ms += FRAME_MS
        self._voice_ms += FRAME_MS
        if self._word_ms >= rules.min_word_ms:
            if not self._in_word:
                self._in_word = True
                self._words += 1
            self._greeted = True
        if self._word_ms >= rules.max_word_ms:
            return self._found(Heard.MACHINE, "maxwordlength")
        if self._words > rules.words:
            return self._found(Heard.MACHINE, "maxwords")
        if self._greeted and self._voice_ms >= rules.greeting_ms:
            return self._found(Heard.MACHINE, "longgreeting")
        return None

    def _found(self, heard: Heard, why: str) -> Finding:
        return Finding(heard, self._ms / 1000, why)
