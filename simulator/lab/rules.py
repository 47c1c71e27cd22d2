"""The rules the lab knows by name: our own through the dialler's interface, and those of its peers."""

from collections.abc import Callable, Iterable

import msgspec

from config.model import CampaignSettings, PacingSettings
from dialer.abandonment import Budget
from dialer.forecast import Forecast
from dialer.level import USUAL
from dialer.odds import Odds
from dialer.pacing import PaceView, RatioWithBudget, pacer_for
from simulator.lab.crowd import Person
from simulator.lab.laws import Laws
from simulator.lab.peers import FixedRatio, Issabel, OneForOne, Vicidial, Wombat
from simulator.lab.world import Rule, Scene


class Ours:
    """A rule of the dialler with its forecast and its budget, told of the lab's events as the dialler is of the floor's."""

    def __init__(self, mode: str, target: float, laws: Laws, *, max_ratio: float = 20.0) -> None:
        pacing = PacingSettings(target_abandon=target, patience_s=laws.patience_s, max_ratio=max_ratio)
        self._forecast = Forecast(laws.ring_s)
        self._budget = Budget(target)
        if mode == "ratio":
            self._pacer = RatioWithBudget(pacing, self._forecast, self._budget)
        else:
            settings = CampaignSettings.model_validate({"mode": mode, "pacing": pacing})
            self._pacer = pacer_for(settings, self._forecast, self._budget)  # type: ignore[assignment]

    def human(self, age_s: float, now: float) -> None:
        self._forecast.human(age_s, now)

    def other(self, age_s: float, now: float) -> None:
        self._forecast.other(age_s, now)

    def failed(self, now: float) -> None:
        """A trunk's failure says nothing of customers."""

    def connected(self, now: float) -> None:
        self._budget.connected(now)

    def abandoned(self, now: float) -> None:
        self._budget.abandoned(now)

    def talked(self, for_s: float, now: float) -> None:
        self._forecast.talked(for_s)

    def wrapped(self, for_s: float, now: float) -> None:
        self._forecast.wrapped(for_s)

    def place(self, scene: Scene) -> int:
        return self._pacer.place(self._seen(scene)).count

    def _seen(self, scene: Scene) -> PaceView:
        return PaceView(
            now=scene.now,
            free=scene.free,
            talking=scene.talking,
            wrapping=scene.wrapping,
            pending=scene.pending.values(),
            waiting=scene.waiting,
            room=scene.room,
            leaving=scene.leaving,
            talks=scene.since.values(),
            wraps=scene.wraps.values(),
        )


class WithOdds(Ours):
    """The same rule, which learns each person's own chance and paces by it."""

    def __init__(self, mode: str, target: float, laws: Laws) -> None:
        super().__init__(mode, target, laws)
        self.odds = Odds()
        self._of: dict[Person, float] = {}

    def came_to(self, person: Person, age_s: float, human: bool, now: float) -> None:
        forecast = self._forecast
        told = self._of.pop(person, USUAL)
        self.odds.learn(person.traits, human, forecast.level, forecast.rate)
        (forecast.human if human else forecast.other)(age_s, now, told)

    def place(self, scene: Scene) -> int:
        view = self._seen(scene)
        if not (self.odds.trusted and scene.coming):
            return self._pacer.place(view).count
        told = self._tell(scene.people.values())
        coming = self._tell(scene.coming)
        return self._pacer.place(msgspec.structs.replace(view, chances=told, next=coming)).count

    def _tell(self, people: Iterable[Person]) -> list[float]:
        of, tell = self._of, self.odds.chance
        return [of[one] if one in of else of.setdefault(one, tell(one.traits)) for one in people]


RULES: dict[str, Callable[[float, Laws], Rule]] = {
    "predictive": lambda target, laws: Ours("predictive", target, laws),
    "predictive_odds": lambda target, laws: WithOdds("predictive", target, laws),
    "ratio": lambda target, laws: Ours("ratio", target, laws),
    "progressive": lambda _target, _laws: OneForOne(),
    "power_1.5": lambda _target, _laws: FixedRatio(1.5),
    "power_2": lambda _target, _laws: FixedRatio(2.0),
    "power_3": lambda _target, _laws: FixedRatio(3.0),
    "vicidial": lambda _target, _laws: Vicidial("AVERAGE", most=3.0, available_only=False),
    "vicidial_hard": lambda _target, _laws: Vicidial("HARD_LIMIT", most=3.0, available_only=False),
    "vicidial_tapered": lambda _target, _laws: Vicidial("TAPERED", most=3.0, available_only=False),
    "vicidial_tuned_3": lambda _target, _laws: Vicidial("AVERAGE", most=3.0, available_only=True),
    "vicidial_tuned_5": lambda _target, _laws: Vicidial("AVERAGE", most=5.0, available_only=True),
    "vicidial_tuned_10": lambda _target, _laws: Vicidial("AVERAGE", most=10.0, available_only=True),
    "issabel": lambda _target, _laws: Issabel(),
    "wombat_1.5": lambda _target, _laws: Wombat(1.5),
    "wombat_2": lambda _target, _laws: Wombat(2.0),
}
"""By name: (target abandonment, laws) → a fresh rule."""


def rule_for(name: str, target: float, laws: Laws, *, max_ratio: float) -> Rule:
    """A fresh rule by its name; ours keeps the campaign's own bound on calls for a free agent."""
    if name in ("predictive", "ratio"):
        return Ours(name, target, laws, max_ratio=max_ratio)
    return RULES[name](target, laws)
