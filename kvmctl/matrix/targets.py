"""What people type: one source, or several targets by ids, short ids and hotkeys with commas, or ``all``."""

import re

from kvmctl.matrix.plant import Plant, Receiver, RxId, Transmitter
from kvmctl.matrix.wishes import Refusal, Said

ALL = "all"
_TOO_LONG = re.compile(r"\d{10,}")
"""No id has so many digits; a telephone number typed here by mistake goes no further."""
LONGEST = 400
"""Most characters of what is typed."""


def hide_numbers(text: str) -> str:
    """The text without anything that could be a whole telephone number."""
    return _TOO_LONG.sub("***", text)


def words(typed: str) -> list[str]:
    """The parts between the commas, Chinese ones too."""
    shown = hide_numbers(typed[:LONGEST].replace("，", ","))
    return [word for part in shown.split(",") if (word := part.strip())]


def one_source(plant: Plant, typed: str) -> Transmitter | Refusal:
    """The transmitter of one id, or of a hotkey's first target."""
    match words(typed):
        case []:
            return Refusal(said=Said.NOTHING_TYPED)
        case [word]:
            key = plant.hotkey(word)
            found = plant.transmitter(key.targets[0] if key else word)
            return found if found is not None else Refusal(said=Said.UNKNOWN_ID, about=word)
    return Refusal(said=Said.ONE_ONLY)


def one_receiver(plant: Plant, typed: str) -> Receiver | Refusal:
    match words(typed):
        case []:
            return Refusal(said=Said.NOTHING_TYPED)
        case [word]:
            key = plant.hotkey(word)
            found = plant.receiver(key.targets[0] if key else word)
            return found if found is not None else Refusal(said=Said.UNKNOWN_ID, about=word)
    return Refusal(said=Said.ONE_ONLY)


def on_heads(plant: Plant, typed: str, heads: int) -> tuple[list[tuple[RxId, int]], list[Refusal]]:
    """Which receiver gets which of so many heads (0 is the main one), main heads first; and what is not known.

    A unit gets the heads in their order, a hotkey of several targets too, its first target the main one; a target for
    which there is no further head gets the main one, a wall the main one on all of it."""
    found: dict[RxId, int] = {}
    unknown: list[Refusal] = []
    for word in words(typed):
        if word.lower() == ALL:
            for rx in plant.rx:
                _give(plant, found, rx, heads, 0)
            continue
        key = plant.hotkey(word)
        for number, target in enumerate(key.targets if key else (word,)):
            receiver = plant.receiver(target)
            if receiver is None:
                unknown.append(Refusal(said=Said.UNKNOWN_ID, about=target))
            else:
                _give(plant, found, receiver.id, heads, number if key and number < heads else 0)
    return sorted(found.items(), key=lambda pair: pair[1]), unknown


def _give(plant: Plant, found: dict[RxId, int], rx: RxId, heads: int, head: int) -> None:
    if wall := plant.wall(rx):
        for hung in wall:
            found.setdefault(hung, 0)
        return
    unit = plant.rx_heads(rx) if head == 0 else (rx,)
    for number, one in enumerate(unit[: max(heads, 1)]):
        found.setdefault(one, head + number)
