"""The trunks: which one carries the next call, how many calls they will take now, and which of them are ill.

A trunk whose network keeps failing goes down and is probed with one call every two seconds until it works again.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from enum import StrEnum

from config.model import TrunkSettings
from dialer.metrics import TRUNK_BUSY
from telephony.facts import TrunkChanged
from telephony.ids import ServerId, TrunkId
from telephony.numbers import PhoneNumber
from telephony.outcomes import WHOSE, Fault, Outcome
from telephony.views import TrunkView

PROBE_EVERY_S = 2.0
MEMORY = 0.9
ILL_ABOVE = 0.5


class Health(StrEnum):
    HEALTHY = "healthy"
    PROBING = "probing"
    DOWN = "down"


NEXT: dict[Health, dict[str, Health]] = {
    Health.HEALTHY: {"well": Health.HEALTHY, "works_again": Health.HEALTHY, "fails": Health.DOWN},
    Health.DOWN: {"well": Health.HEALTHY, "works_again": Health.PROBING, "fails": Health.DOWN},
    Health.PROBING: {"well": Health.HEALTHY, "works_again": Health.PROBING, "fails": Health.DOWN},
}
"""[health][what the last outcome said]: `well` few failures of late, else the last one worked or failed."""


class Trunk:
    """One trunk: its limits, what it carries, and its health."""

    def __init__(self, settings: TrunkSettings) -> None:
        self.id = TrunkId(settings.name)
        self.server = ServerId(settings.asterisk)
        self.settings = settings
        self.health = Health.HEALTHY
        self.failing = 0.0
        self.busy = self.placed = self.answered = 0
        self.probe_at = 0.0
        self.gauge = TRUNK_BUSY.labels(self.id)
        slots = max(1, int(settings.cps))
        self._ends: deque[float] = deque(maxlen=slots)
        self._per = slots / settings.cps
        self._ids = tuple(settings.caller_ids)
        self._prefixes = tuple(settings.allowed_prefixes)
        self._next_id = 0

    def room(self, now: float) -> int:
        """How many calls it would take at this instant: free channels, calls a second, health."""
        free = self.settings.channels - self.busy
        if free <= 0:
            return 0
        if self.health is not Health.HEALTHY:
            return 1 if now >= self.probe_at else 0
        recent = self._ends
        while recent and now - recent[0] >= self._per:
            recent.popleft()
        left = (recent.maxlen or 1) - len(recent)
        return left if left < free else free

    def allows(self, number: PhoneNumber) -> bool:
        """The fraud guard: whether the number begins as one of the trunk's prefixes."""
        return not self._prefixes or number.begins(self._prefixes)

    def take(self, now: float) -> None:
        """Book a call that leaves now."""
        self.busy += 1
        self.placed += 1
        self._ends.append(now)
        self.probe_at = now + PROBE_EVERY_S

    def caller_id(self) -> str:
        """The next of its caller ids in turn, '' when it has none."""
        if not self._ids:
            return ""
        self._next_id += 1
        return self._ids[(self._next_id - 1) % len(self._ids)]

    def ended(self, outcome: Outcome, *, withdrawn: bool = False) -> TrunkChanged | None:
        """Free the channel and judge the trunk by whose fault the outcome was; a call the PBX refused speaks against
        it unless we withdrew the call."""
        self.busy = max(0, self.busy - 1)
        fault = WHOSE[outcome]
        failed = fault is Fault.NETWORK or (outcome is Outcome.REFUSED and not withdrawn)
        if fault is Fault.US and not failed:
            return None
        self.answered += outcome is Outcome.ANSWERED
        self.failing = MEMORY * self.failing + (1.0 - MEMORY) * failed
        said = "well" if self.failing <= ILL_ABOVE else "fails" if failed else "works_again"
        was, self.health = self.health, NEXT[self.health][said]
        if was is self.health:
            return None
        return TrunkChanged(trunk=self.id, state=self.health.value, why=outcome.value)


class TrunkBoard:
    """All trunks by id; the choice among those of a campaign."""

    def __init__(self, settings: Sequence[TrunkSettings]) -> None:
        self._trunks = {TrunkId(one.name): Trunk(one) for one in settings}

    def of(self, names: Iterable[str]) -> tuple[Trunk, ...]:
        """The trunks a campaign names, or all when it names none, the lowest priority number first."""
        wanted = list(names)
        chosen = [self._trunks[TrunkId(name)] for name in wanted if name in self._trunks]
        if not wanted:
            chosen = list(self._trunks.values())
        return tuple(sorted(chosen, key=lambda trunk: trunk.settings.priority))

    def get(self, trunk: TrunkId) -> Trunk | None:
        return self._trunks.get(trunk)

    def room(self, trunks: Iterable[Trunk], server: ServerId, now: float) -> int:
        """How many calls the trunks on that PBX would take at this instant."""
        return sum(trunk.room(now) for trunk in trunks if trunk.server == server)

    def ill(self, trunks: Iterable[Trunk], server: ServerId) -> str:
        """Which trunks on that PBX are probed because calls fail on them, when none there is healthy; else ''."""
        there = [trunk for trunk in trunks if trunk.server == server]
        if any(trunk.health is Health.HEALTHY for trunk in there):
            return ""
        return ", ".join(trunk.id for trunk in there)

    def choose(self, trunks: Iterable[Trunk], server: ServerId | None, number: PhoneNumber, now: float) -> Trunk | None:
        """The trunk for the next call: a probe that is due, else the first healthy one with room; None for none."""
        first: Trunk | None = None
        for trunk in trunks:
            if server is not None and trunk.server != server:
                continue
            if (first is None or trunk.health is not Health.HEALTHY) and trunk.room(now) > 0 and trunk.allows(number):
                if trunk.health is not Health.HEALTHY:
                    return trunk
                first = trunk
        return first

    def views(self) -> tuple[TrunkView, ...]:
        return tuple(
            TrunkView(
                id=trunk.id,
                server=trunk.server,
                state=trunk.health.value,
                busy=trunk.busy,
                channels=trunk.settings.channels,
                cps=trunk.settings.cps,
                answered=trunk.answered,
                placed=trunk.placed,
            )
            for trunk in self._trunks.values()
        )
