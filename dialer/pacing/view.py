"""What a pacing rule sees, what it answers, and what agents and lines leave of its wish."""

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec


class PaceView(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign on one PBX at one instant.

    `talking` are the busy agents not in wrap-up; `pending` when each call still out was placed (epoch seconds);
    `waiting` answered customers without an agent; `room` calls the trunks would take; `shared` pending calls of other
    campaigns that may take these agents; `chances` what is told of each pending call's lead, in the order of `pending`,
    and `next` of the next leads in the order they would be dialled in: probabilities of a human's answer, from the
    lead's history alone (empty: nothing is known of any)."""

    now: float
    free: int
    talking: int
    wrapping: int
    pending: Collection[float]
    waiting: int
    room: int
    shared: int = 0
    chances: Collection[float] = ()
    next: Sequence[float] = ()

    @property
    def signed_in(self) -> int:
        return self.free + self.talking + self.wrapping

    @property
    def open_agents(self) -> int:
        """Free agents no call is out for: with one call for each of them nobody can be abandoned."""
        return self.free - self.waiting - len(self.pending) - self.shared


class Placement(msgspec.Struct, frozen=True):
    """Place `count` calls; `code` and `words` say why to a supervisor."""

    count: int
    code: str
    words: dict[str, str] = {}


class Pacer(Protocol):
    def place(self, view: PaceView) -> Placement: ...


def within(view: PaceView, wish: int, code: str, words: dict[str, str]) -> Placement:
    """The wish within what agents and lines allow."""
    words = words or {"free": str(view.free), "pending": str(len(view.pending))}
    if view.signed_in <= 0:
        return Placement(0, "pace.no_agents", words)
    if wish > view.room:
        return Placement(max(0, view.room), "pace.lines", words)
    return Placement(max(0, wish), code, words)
