"""Wishes under way: every one gets a ticket, and every ticket ends once, with what became of all its receivers."""

import msgspec

from kvmctl.matrix.plant import RxId
from kvmctl.matrix.wishes import DONE, Plan, Refusal, Said, Step, Wish


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is told to whoever wished: `done` of `of` receivers show it; `left_out` are those that do not, and why."""

    ticket: int
    wish: Wish
    said: Said
    about: str = ""
    final: bool = True
    done: int = 0
    of: int = 0
    took_s: float = 0.0
    left_out: tuple[Refusal, ...] = ()

    @property
    def good(self) -> bool:
        return self.said is DONE[type(self.wish)][0]


class _Open:
    __slots__ = ("done", "failed", "left_out", "since", "steps", "waiting", "wish")

    def __init__(self, wish: Wish, plan: Plan, now: float) -> None:
        self.wish, self.since = wish, now
        self.steps = {step.rx: step for step in plan.steps}
        self.waiting = dict.fromkeys(self.steps)
        self.done = 0
        self.failed: list[Refusal] = []
        self.left_out = plan.left_out


class Tickets:
    """All wishes that are not over."""

    def __init__(self) -> None:
        self.last = 0
        self._open: dict[int, _Open] = {}

    def __len__(self) -> int:
        return len(self._open)

    def next(self) -> int:
        self.last += 1
        return self.last

    def open(self, ticket: int, wish: Wish, plan: Plan, now: float) -> None:
        self._open[ticket] = _Open(wish, plan, now)

    def step(self, ticket: int, rx: RxId) -> Step | None:
        one = self._open.get(ticket)
        return one.steps.get(rx) if one is not None else None

    def ended(self, ticket: int, rx: RxId, why: Said | None, now: float) -> Answer | None:
        """One receiver's part is over; the answer when it was the last."""
        one = self._open.get(ticket)
        if one is None or rx not in one.waiting:
            return None
        del one.waiting[rx]
        if why is None:
            one.done += 1
        else:
            one.failed.append(Refusal(said=why, about=rx))
        return self.over(ticket, now) if not one.waiting else None

    def over(self, ticket: int, now: float) -> Answer | None:
        one = self._open.pop(ticket, None)
        if one is None:
            return None
        good, bad = DONE[type(one.wish)]
        missed = (*one.failed, *one.left_out)
        said = good
        if one.steps and not one.done:
            reasons = {miss.said for miss in one.failed}
            said = reasons.pop() if len(reasons) == 1 else bad
            if said in (Said.DEVICE_REFUSED, Said.UNKNOWN_OUTCOME):
                said = bad
        return Answer(
            ticket=ticket,
            wish=one.wish,
            said=said,
            about=missed[0].about if missed else "",
            done=one.done,
            of=len(one.steps) + len(one.left_out),
            took_s=now - one.since,
            left_out=missed,
        )
