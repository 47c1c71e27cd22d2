"""A process of its own that plays the lab for a live campaign: an order and journal lines come in, what was foreseen goes out."""

import contextlib
import os
import sys

import msgspec

from simulator.lab.foresight import Asked, Sight, foresee
from simulator.lab.learned import Learner
from simulator.lab.replay import Terms, TooLittle
from store.recall import decode

NICENESS = 15


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be played; `lines` are instants and facts of the journal as text, in its order."""

    campaign: str
    terms: Terms
    asked: Asked
    lines: tuple[tuple[float, str], ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, or of how few calls the journal tells."""

    sight: Sight | None = None
    outcomes: int = 0
    talks: int = 0


def answer(order: Order) -> Answer:
    learner = Learner(order.campaign, patience_s=order.terms.patience_s)
    learner.hear((at, decode(text)) for at, text in order.lines)
    try:
        return Answer(sight=foresee(learner.learned(), order.terms, order.asked))
    except TooLittle as few:
        return Answer(outcomes=few.outcomes, talks=few.talks)


def main() -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICENESS)
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer(order)))


if __name__ == "__main__":
    main()
