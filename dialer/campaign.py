"""One campaign as the dialler runs it: its state, its settings made ready, its hopper, what it learned and counted."""

from collections.abc import Mapping
from enum import StrEnum
from math import exp, inf

from config.model import AbandonContract, CalendarSettings, CampaignSettings
from dialer.abandonment import Budget, Totals
from dialer.amd.screening import Screening
from dialer.amd.stage import deadline_s, listen
from dialer.books import Flight
from dialer.contracts import As, Contracts, Decided, Way, counts_as
from dialer.forecast import Forecast
from dialer.gate import AUTOMATIC, GateRules
from dialer.impatience import Impatience
from dialer.level import USUAL
from dialer.metrics import Gauges
from dialer.odds import Odds, Traits
from dialer.pacing import Pacer, Placement, pacer_for
from dialer.portions import Portions
from dialer.taken import Taken
from dialer.traits import traits_of
from dialer.trunks import Trunk
from telephony.ids import CampaignId, LeadId, ServerId
from telephony.leads import Lead

PACE_MEMORY_S = 30.0
AIM_S = 0.5
TOLD_FOR_S = 300.0
MOST_TOLD = 500


class Run(StrEnum):
    STOPPED = "stopped"
    RUNNING = "running"
    PAUSED = "paused"
    DRAINING = "draining"


NEXT: dict[Run, dict[str, Run]] = {
    Run.STOPPED: {"start": Run.RUNNING},
    Run.RUNNING: {"pause": Run.PAUSED, "drain": Run.DRAINING, "stop": Run.STOPPED},
    Run.PAUSED: {"start": Run.RUNNING, "drain": Run.DRAINING, "stop": Run.STOPPED},
    Run.DRAINING: {"start": Run.RUNNING, "pause": Run.PAUSED, "stop": Run.STOPPED, "empty": Run.STOPPED},
}
"""[state][what is asked, or `empty`: the last call of a draining campaign ended]."""


class Campaign:
    """A campaign's living part; decides nothing by itself."""

    def __init__(
        self,
        campaign: CampaignId,
        settings: CampaignSettings,
        trunks: tuple[Trunk, ...],
        totals: Totals,
        calendars: Mapping[str, CalendarSettings] | None = None,
        zone: str = "UTC",
    ) -> None:
        self.id = campaign
        self.contracts = Contracts(zone)
        self.uncounted: tuple[AbandonContract, ...] = ()
        """Contracts whose calls of before have yet to be put in."""
        self._calendars = calendars or {}
        self.state = Run.STOPPED
        self.removed = False
        self.portions = Portions(campaign)
        self.hopper = self.portions.common
        self.forecast = Forecast(settings.ring_s)
        self.odds = Odds()
        self._told: dict[LeadId, tuple[float, Traits, float]] = {}
        self.screening = Screening(campaign)
        self.taken = Taken()
        self.impatience = Impatience()
        self.totals = totals
        self.budget = Budget(
            settings.pacing.target_abandon, live=totals.connected + totals.abandoned, abandoned=totals.abandoned
        )
        self.placement = Placement(0, "pace.stopped")
        self._pace = 0.0
        self._pace_at = 0.0
        self._caller_id = 0
        self.gauges = Gauges(campaign)
        self.apply(settings, trunks)

    def apply(self, settings: CampaignSettings, trunks: tuple[Trunk, ...]) -> None:
        """Take new settings; what was learned and counted stays."""
        self.settings = settings
        self.trunks = trunks
        self.servers: tuple[ServerId, ...] = tuple(dict.fromkeys(trunk.server for trunk in trunks))
        self.rules = GateRules(settings, self.id, self._calendars)
        self.automatic = settings.mode in AUTOMATIC
        self._differ = settings.pacing.odds and settings.mode == "predictive"
        self.listen = listen(settings)
        self.listen_until_s = deadline_s(settings)
        self.uncounted += self.contracts.changed(settings.contracts)
        self._aimed_at = -inf
        self._deciding = settings.contracts[0]
        self.budget.target = self.budget.limit = self._deciding.target
        self.budget.binding = False
        self.pacer: Pacer = pacer_for(settings, self.forecast, self.budget)

    def told(self, lead: Lead, now: float) -> tuple[Traits, float]:
        """What is known of a lead, and what that tells of its chance; as good for a few minutes as new."""
        if not self._differ:
            return (), USUAL
        known = self._told.get(lead.id)
        if known is None or not 0.0 <= now - known[0] < TOLD_FOR_S:
            if len(self._told) >= MOST_TOLD:
                self._told.clear()
            traits = traits_of(lead, now)
            known = self._told[lead.id] = now, traits, self.odds.chance(traits)
        return known[1], known[2]

    def coming(self, now: float) -> list[float]:
        """What is told of the next leads, in the order they would be dialled in; nothing while nothing is learned."""
        if not (self._differ and self.odds.trusted):
            return []
        return [self.told(held[2], now)[1] for held in self.hopper.front()]

    def came_to(self, flight: Flight, human: bool, now: float) -> None:
        """A call reached a customer to be connected, or ended otherwise by nobody's fault: learn from it."""
        forecast = self.forecast
        if flight.traits:
            self.odds.learn(flight.traits, human, forecast.level, forecast.rate)
        (forecast.human if human else forecast.other)(now - flight.placed_at, now, flight.told)

    def aim(self, now: float) -> None:
        """Have the budget obey the tightest contract, looked for twice a second."""
        if 0.0 <= now - self._aimed_at < AIM_S:
            return
        self._aimed_at = now
        tightest = self.contracts.aim(now, self.budget.remembered)
        self._deciding = contract = tightest.of.contract
        self.budget.obey(contract.label, contract.target, tightest.target, tightest.of.figures(now).rate)

    def aim_anew(self) -> None:
        """The counts have changed otherwise than by a call: look for the tightest contract at the next decision."""
        self._aimed_at = -inf

    def decided(self, call: Decided) -> None:
        """A call was decided: it counts under every contract, and the budget moves by the one that decides."""
        self.contracts.decided(call)
        if call.way is not Way.MACHINE:
            self.impatience.waited(call.waited_s, hung_up=call.way is Way.HUNG_UP)
        match counts_as(self._deciding, call):
            case As.CONNECTED:
                self.budget.connected(call.at)
            case As.ABANDONED:
                self.budget.abandoned(call.at)
            case As.MACHINE if self._deciding.machine_errors:
                self.budget.mistaken(self._deciding.machine_errors, call.at)

    def caller_id(self, trunk: Trunk) -> str:
        """The number to show: the campaign's own in turn, else the trunk's."""
        own = self.settings.caller_ids
        if not own:
            return trunk.caller_id()
        self._caller_id += 1
        return own[(self._caller_id - 1) % len(own)]

    def pace(self, now: float) -> float:
        """Calls placed a second of late."""
        return self._pace * exp(-max(0.0, now - self._pace_at) / PACE_MEMORY_S) / PACE_MEMORY_S

    def paced(self, count: int, now: float) -> None:
        self._pace = self._pace * exp(-max(0.0, now - self._pace_at) / PACE_MEMORY_S) + count
        self._pace_at = now

    @property
    def patience_s(self) -> float:
        """How long an answered customer still waits for an agent when nobody listens to him any more."""
        patience_s = self.settings.pacing.patience_s
        if self.listen is not None:
            patience_s = max(0.0, patience_s - self.screening.people_wait_s)
        return self.impatience.within(patience_s) if self._deciding.early == "abandoned" else patience_s

    def next_tick(self, now: float) -> float:
        """The next whole multiple of the tick, so that campaigns wake together."""
        tick = self.settings.pacing.tick_s
        return (now // tick + 1.0) * tick
