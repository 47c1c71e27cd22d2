"""A recorded stretch of a campaign played again under any rule and target, as it was or with the agents of now."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from os import cpu_count
from time import process_time

import msgspec

from simulator.lab.laws import Fate, Law, Laws
from simulator.lab.learned import SLOT_S, Learned
from simulator.lab.play import Cell, Played, played
from simulator.lab.rules import rule_for
from simulator.lab.world import Counted, Course, World

FEWEST_OUTCOMES, FEWEST_TALKS = 200, 50
"""Below these a journal says too little of a campaign to play it again."""
BELIEVED = 60.0
"""So many attempts with the whole stretch's answer rate are believed of every quarter of an hour besides its own."""
LEAST_PATIENCE_S = 0.2


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the campaign's settings and trunks say; `lines` and `cps` of all its trunks together."""

    patience_s: float = 2.0
    ring_s: float = 25.0
    tick_s: float = 1.0
    max_ratio: float = 6.0
    lines: int = 1_000_000
    cps: float = 1_000_000.0


class TooLittle(Exception):
    """The journal has too few calls of the campaign; `outcomes` and `talks` are how many."""

    def __init__(self, outcomes: int, talks: int) -> None:
        super().__init__(f"{outcomes} outcomes, {talks} conversations")
        self.outcomes = outcomes
        self.talks = talks


def laws_of(day: Learned, terms: Terms) -> Laws:
    """The laws of time as they were seen; raises TooLittle. Listening for machines is part of the customers' patience."""
    if day.outcomes < FEWEST_OUTCOMES or len(day.talk_s) < FEWEST_TALKS or not day.human_s:
        raise TooLittle(day.outcomes, len(day.talk_s))
    return Laws(
        set_up=Law(seen=(0.01,)),
        ring=Law(seen=day.human_s),
        ring_s=terms.ring_s,
        refusals=0.0,
        conversation=Law(seen=day.talk_s),
        wrap=Law(seen=day.wrap_s or (0.01,)),
        patience_s=max(LEAST_PATIENCE_S, terms.patience_s - day.amd_s),
        other=Law(seen=day.other_s or (terms.ring_s,)),
    )


def course_of(day: Learned, terms: Terms) -> Course:
    """Answer rate, failing trunks, length of talks and agents by the time of the day; the clock begins at its start."""
    humans = sum(slot.humans for slot in day.slots)
    failed = sum(slot.failed for slot in day.slots)
    tried = max(1, day.outcomes)
    rate, failing = humans / tried, failed / max(1, tried + failed)
    talks, talked = sum(slot.talks for slot in day.slots), sum(slot.talk_s for slot in day.slots)
    mean = talked / max(1, talks)
    fates: list[Fate] = []
    factors: list[float] = []
    for slot in day.slots:
        ended = slot.humans + slot.others
        lost = (slot.failed + BELIEVED * failing) / (ended + slot.failed + BELIEVED)
        human = (slot.humans + BELIEVED * rate) / (ended + BELIEVED)
        fates.append(Fate(human=human * (1.0 - lost), busy=0.0, machine=0.0, failed=lost))
        factors.append((slot.talk_s + BELIEVED * mean) / ((slot.talks + BELIEVED) * mean) if mean else 1.0)
    begins = [at - day.since for at, _ in day.staff]
    levels = [0, *(round(agents) for _, agents in day.staff)]
    last = len(fates) - 1
    return Course(
        agents=lambda now: levels[bisect_right(begins, now)],
        fate=lambda now: fates[min(last, int(now / SLOT_S))],
        talk_factor=lambda now: factors[min(last, int(now / SLOT_S))],
        lines=terms.lines,
        cps=terms.cps,
    )


def steady_course(day: Learned, terms: Terms, agents: int) -> Course:
    """As it was of late, with so many agents all the time."""
    humans = sum(slot.humans for slot in day.slots)
    failed = sum(slot.failed for slot in day.slots)
    lost = failed / max(1, day.outcomes + failed)
    fate = Fate(human=(1.0 - lost) * humans / max(1, day.outcomes), busy=0.0, machine=0.0, failed=lost)
    return Course(agents=lambda _: agents, fate=lambda _: fate, lines=terms.lines, cps=terms.cps)


def replay(day: Learned, terms: Terms, cell: Cell, seed: int) -> Played:
    """The whole stretch once more."""
    began = process_time()
    counted = run(day, terms, cell, seed, course_of(day, terms), day.until - day.since)
    return played(cell, seed, counted, process_time() - began)


def run(
    day: Learned, terms: Terms, cell: Cell, seed: int, course: Course, seconds: float, *, warm_up_s: float = 0.0
) -> Counted:
    """One run of the cell's rule and target on that course."""
    laws = laws_of(day, terms)
    rule = rule_for(cell.rule, cell.target, laws, max_ratio=terms.max_ratio)
    return World(laws, course, rule, seed=seed, tick_s=terms.tick_s).run(seconds + warm_up_s, warm_up_s=warm_up_s)


def as_it_was(day: Learned, cell: Cell) -> Played:
    """The stretch itself in the same figures."""
    counted = Counted(
        placed=day.placed,
        humans=len(day.answers),
        connected=day.connected,
        abandoned=day.abandoned,
        signed_in_s=day.present_s,
        busy_s=day.busy_s,
        answers=[(at - day.since, late) for at, late in day.answers],
    )
    return played(cell, 0, counted, 0.0)


def replay_all(
    day: Learned, terms: Terms, cells: Sequence[Cell], seeds: Sequence[int], *, processes: int | None = None
) -> Iterator[Played]:
    """All cells with all seeds on all cores, as they are done."""
    keep = (day, terms)
    with ProcessPoolExecutor(processes or cpu_count() or 1, initializer=_remember, initargs=keep) as pool:
        for done in as_completed([pool.submit(_again, cell, seed) for cell in cells for seed in seeds]):
            yield done.result()


_DAY: list[tuple[Learned, Terms]] = []


def _remember(day: Learned, terms: Terms) -> None:
    _DAY[:] = [(day, terms)]


def _again(cell: Cell, seed: int) -> Played:
    day, terms = _DAY[0]
    return replay(day, terms, cell, seed)
