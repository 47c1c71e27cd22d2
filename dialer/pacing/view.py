"""What a pacing rule sees, what it answers, and what agents and lines leave of its wish."""

from collections.abc import Collection, Sequence
from math import ceil, inf
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from telephony.ports import NO_DEPARTURES, Departures

Sums = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
LEAVES_SOON_S = 30.0
"""An agent who leaves within this time may be gone when a call placed now is answered."""


class PaceView(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign on one PBX at one instant.

    `talking` are the busy agents not in wrap-up; `pending` when each call still out was placed (epoch seconds);
    `waiting` answered customers without an agent; `room` calls the trunks would take; `shared` pending calls of other
    campaigns that may take these agents; `chances` what is told of each pending call's lead, in the order of `pending`,
    and `next` of the next leads in the order they would be dialled in: probabilities of a human's answer, from the
    lead's history alone (empty: nothing is known of any).

    `rivals` are mean, variance and third moment of the answers other campaigns' calls take these agents for within each
    second ahead (None: as if the `shared` ones were placed now). `listening` holds for each call that was answered and
    is being listened to for a machine, none of them in `pending`, the probability that it will ask for an agent, and
    `patience_s` how long such a customer waits after that (None: as the campaign has it). `taken_per_s` are agents whom
    other than these calls takes a second: inbound calls, and calls dialled for one agent.

    `talks` and `wraps` are since when those agents talk and wrap up of whom it is known, `server` names the PBX.

    `leaving` are those of the agents who take no further call from an instant within LEAVES_SOON_S on; `wrap_ends` when
    each wrap-up under way ends at the latest, `wrap_limit_s` how long one may last."""

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
    rivals: Sums | None = None
    listening: Collection[float] = ()
    patience_s: float | None = None
    taken_per_s: float = 0.0
    talks: Collection[float] = ()
    wraps: Collection[float] = ()
    server: str = ""
    leaving: Departures = NO_DEPARTURES
    wrap_ends: Collection[float] = ()
    wrap_limit_s: float = inf

    @property
    def signed_in(self) -> int:
        return self.free + self.talking + self.wrapping

    @property
    def open_agents(self) -> int:
        """Free agents no call is out for: with one call for each of them nobody can be abandoned."""
        return self.staying - self.waiting - len(self.pending) - len(self.listening) - self.shared

    @property
    def staying(self) -> int:
        """Free agents who will be there when a call placed now is answered."""
        return max(0, self.free - len(self.leaving.free))


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


def leaving_words(view: PaceView) -> dict[str, str]:
    """How many agents leave and within how many seconds, for the reason."""
    instants = [at for going in view.leaving for at in going]
    return {"leaving": str(len(instants)), "within": str(max(0, ceil(max(instants, default=view.now) - view.now)))}
