"""Two detectors of answering machines and the sounds they are fed: words of noise, pauses, beeps, noise of the line."""

import numpy as np
import pytest

from config.model import AmdSettings
from dialer.amd.asterisk_rules import AsteriskRules
from dialer.amd.detector import RATE, Detector, Finding, Sound, listen
from dialer.amd.pattern import Pattern
from telephony.detection import Heard

LOUD = 3000


def sound(*parts: tuple[str, float], noise: float = 0.0, seed: int = 1) -> Sound:
    """Words ("w"), silence ("-") and beeps ("b") of so many seconds each, over the noise of a line (its amplitude)."""
    rng = np.random.default_rng(seed)
    pieces = []
    for kind, seconds in parts:
        n = int(seconds * RATE)
        if kind == "w":
            shape = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * np.arange(n) / RATE)
            pieces.append(LOUD * shape * rng.standard_normal(n))
        elif kind == "b":
            pieces.append(LOUD * np.sin(2 * np.pi * 1000 * np.arange(n) / RATE))
        else:
            pieces.append(np.zeros(n))
    whole = np.concatenate(pieces)
    return np.clip(whole + noise * rng.standard_normal(len(whole)), -32768, 32767).astype(np.int16)


HELLO = (("-", 0.4), ("w", 0.5), ("-", 3.0))
GREETING = (("-", 0.3), *(("w", 0.45), ("-", 0.15)) * 6, ("-", 1.0))


def asterisk(**how: int) -> AsteriskRules:
    return AsteriskRules(AmdSettings.model_validate({"stage": "asterisk", **how}))


@pytest.mark.parametrize("detector", [asterisk, Pattern])
@pytest.mark.parametrize(("parts", "heard"), [(HELLO, Heard.HUMAN), (GREETING, Heard.MACHINE)])
def test_word_and_silence_is_a_person_and_a_long_greeting_a_machine(detector, parts, heard) -> None:
    assert listen(detector(), sound(*parts), 5.0).heard is heard


def test_asterisks_rules_agree_with_what_asterisk_said_of_the_same_sounds() -> None:
    """Measured on Asterisk 22.10: one word of 240 ms HUMAN after 1.03 s; words of 240 ms with 120 ms between them MAXWORDS
    after 1.16 s; a tone without end LONGGREETING after 1.5 s."""
    person = listen(asterisk(), sound(("w", 0.24), ("-", 3.0)), 5.0)
    assert (person.heard, person.why) == (Heard.HUMAN, "human")
    assert person.at_s == pytest.approx(1.03, abs=0.03)
    machine = listen(asterisk(), sound(*(("w", 0.24), ("-", 0.12)) * 10), 5.0)
    assert (machine.heard, machine.why) == (Heard.MACHINE, "maxwords")
    assert machine.at_s == pytest.approx(1.16, abs=0.05)
    assert listen(asterisk(), sound(("b", 3.0)), 5.0) == Finding(Heard.MACHINE, 1.5, "longgreeting")


def test_asterisks_rules_take_silence_from_the_start_for_a_machine_unless_time_is_over_before() -> None:
    assert listen(asterisk(), sound(("-", 4.0)), 5.0) == Finding(Heard.MACHINE, 2.5, "initialsilence")
    assert listen(asterisk(), sound(("-", 4.0)), 1.8) == Finding(Heard.UNSURE, 1.8, "toolong")


def test_campaigns_arguments_change_the_verdict() -> None:
    slow = sound(("w", 0.5), ("-", 1.0), ("w", 0.5), ("-", 3.0))
    assert listen(asterisk(), slow, 5.0).at_s == pytest.approx(1.3, abs=0.05)
    assert listen(asterisk(after_greeting_silence_ms=1500), slow, 5.0).at_s == pytest.approx(3.5, abs=0.05)


def test_our_own_hears_a_person_on_a_noisy_line_where_asterisks_threshold_hears_a_machine() -> None:
    noisy = sound(*HELLO, noise=500.0)
    assert listen(asterisk(), noisy, 5.0).heard is Heard.MACHINE
    assert listen(Pattern(), noisy, 5.0).heard is Heard.HUMAN


def test_our_own_knows_a_beep_at_once() -> None:
    found = listen(Pattern(), sound(("-", 0.3), ("b", 1.0)), 5.0)
    assert (found.heard, found.why) == (Heard.MACHINE, "tone")
    assert found.at_s < 0.8


def test_our_own_is_sooner_sure_of_a_person() -> None:
    hello = sound(*HELLO)
    assert listen(Pattern(), hello, 5.0).at_s < listen(asterisk(), hello, 5.0).at_s


def test_our_own_is_not_sure_of_silence_and_of_a_greeting_between_short_and_long() -> None:
    assert listen(Pattern(), sound(("-", 4.0)), 1.8) == Finding(Heard.UNSURE, 1.8, "toolong")
    assert listen(Pattern(), sound(("w", 1.5), ("-", 2.0)), 5.0).heard is Heard.UNSURE


@pytest.mark.parametrize("detector", [asterisk, Pattern])
def test_recording_that_is_over_before_a_verdict_is_not_sure(detector) -> None:
    made: Detector = detector()
    assert listen(made, sound(("w", 0.1)), 5.0) == Finding(Heard.UNSURE, 0.1, "toolong")


@pytest.mark.parametrize("seed", range(20))
def test_our_own_tells_people_from_machines_whatever_the_noise_and_the_voice(seed: int) -> None:
    rng = np.random.default_rng(seed)
    noise = float(rng.uniform(0, 400))
    begin = float(rng.uniform(0.25, 0.6))
    hello = sound(("-", begin), ("w", float(rng.uniform(0.25, 0.9))), ("-", 2.0), noise=noise, seed=seed)
    words = [
        (kind, float(rng.uniform(*span))) for _ in range(8) for kind, span in (("w", (0.2, 0.6)), ("-", (0.08, 0.3)))
    ]
    greeting = sound(("-", begin), *words, noise=noise, seed=seed)
    assert listen(Pattern(), hello, 4.0).heard is Heard.HUMAN
    assert listen(Pattern(), greeting, 4.0).heard is Heard.MACHINE
