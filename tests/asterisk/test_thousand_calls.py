"""A thousand calls with every fate at fifty a second over the product's link: each judged right, none lost."""

import asyncio
import contextlib
import itertools
from collections import Counter, defaultdict

import pytest

from telephony.commands import HangUp
from telephony.events import LegEnded, LegParked, LegRinging, LinkLost, OriginateEnded, PbxEvent
from telephony.ids import CallId, call_leg
from telephony.outcomes import Outcome, judge
from tests.contracts.asterisk_stage import AsteriskStage
from tests.contracts.stage import Fate

pytestmark = pytest.mark.asterisk

CALLS, PER_SECOND = 1000, 50
TAIL_S = 40.0

SCENES: tuple[tuple[str, Fate, Outcome, int], ...] = (
    ("the customer hangs up", Fate.ANSWERS, Outcome.ANSWERED, 6),
    ("we hang up", Fate.ANSWERS, Outcome.ANSWERED, 3),
    ("busy", Fate.BUSY, Outcome.BUSY, 3),
    ("our time-out", Fate.RINGS_OUT, Outcome.NO_ANSWER, 3),
    ("we cancel", Fate.RINGS_OUT, Outcome.CANCELLED, 1),
    ("congested", Fate.CONGESTED, Outcome.CONGESTION, 1),
    ("not assigned", Fate.NOT_ASSIGNED, Outcome.INVALID, 1),
    ("unavailable", Fate.UNAVAILABLE, Outcome.UNAVAILABLE, 1),
    ("declined", Fate.DECLINES, Outcome.DECLINED, 1),
    ("early media", Fate.EARLY_MEDIA_THEN_BUSY, Outcome.BUSY, 1),
    ("no such trunk", Fate.ANSWERS, Outcome.TRUNK_DOWN, 1),
    ("machine", Fate.ANSWERS_TALKING, Outcome.MACHINE, 1),
)
"""What happens, the number's fate, the outcome it must be judged as, how many of every 23 calls."""


class Tally:
    """Keeps each leg's events, hangs up where the scene says so, and knows when everything has been told."""

    def __init__(self, stage: AsteriskStage) -> None:
        self.stage = stage
        self.scene: dict[CallId, str] = {}
        self.wanted: dict[CallId, Outcome] = {}
        self.told: defaultdict[str, list[PbxEvent]] = defaultdict(list)
        self.open: set[CallId] = set()
        self.all_told = asyncio.Event()
        self.links_lost = 0
        stage.link.subscribe(self.see)

    def dial(self, what: str, fate: Fate, outcome: Outcome) -> None:
        call = self.stage.call_id()
        self.scene[call], self.wanted[call] = what, outcome
        self.open.add(call)
        self.stage.dial(
            fate,
            call=call,
            ring_s=0.5,
            talk_s=0.5 if what == "the customer hangs up" else 0.0,
            timeout_s=2.0 if what == "our time-out" else 20.0,
            amd=what == "machine",
            template=self.stage.nowhere if what == "no such trunk" else None,
        )

    def see(self, event: PbxEvent) -> None:
        self.links_lost += isinstance(event, LinkLost)
        leg = getattr(event, "leg", "")
        if leg not in self.scene:
            return
        call = CallId(leg)
        self.told[leg].append(event)
        what = self.scene[call]
        if (isinstance(event, LegParked) and what in ("we hang up", "machine")) or (
            isinstance(event, LegRinging) and what == "we cancel"
        ):
            self.stage.exchange.perform(HangUp(server=self.stage.server, leg=call_leg(call)))
        if isinstance(event, LegEnded | OriginateEnded):
            kinds = {type(known) for known in self.told[leg]}
            if kinds >= {LegEnded, OriginateEnded} or what == "no such trunk":
                self.open.discard(call)
                if len(self.scene) == CALLS and not self.open:
                    self.all_told.set()

    def judged(self, call: CallId) -> Outcome:
        """The outcome by what was told of this call; what only our side knows (a machine, our cancel) is added."""
        self.stage.log = self.told[call]
        evidence = self.stage.evidence(call)
        evidence.machine = any(isinstance(e, LegParked) and e.amd == "MACHINE" for e in self.told[call])
        evidence.cancelled = self.scene[call] == "we cancel"
        assert evidence.complete, (self.scene[call], evidence)
        return judge(evidence)


async def test_a_thousand_calls_end_each_as_it_should_and_none_is_lost(stage: AsteriskStage) -> None:
    tally = Tally(stage)
    deck = [scene[:3] for scene in SCENES for _ in range(scene[3])]
    loop = asyncio.get_running_loop()
    began = loop.time()
    for n, scene in enumerate(itertools.islice(itertools.cycle(deck), CALLS)):
        await asyncio.sleep(max(0.0, began + n / PER_SECOND - loop.time()))
        tally.dial(*scene)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(tally.all_told.wait(), TAIL_S)
    assert not tally.open, Counter(tally.scene[call] for call in tally.open)
    assert len(tally.scene) == CALLS
    assert not tally.links_lost
    wrong = Counter(
        (tally.scene[call], judged.value)
        for call, wanted in tally.wanted.items()
        if (judged := tally.judged(call)) is not wanted
    )
    assert not wrong
    assert max(Counter(type(event) for event in tally.told[call])[LegEnded] for call in tally.scene) == 1
