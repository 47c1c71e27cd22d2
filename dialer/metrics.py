"""What Prometheus sees of the dialler: labels are campaigns, outcomes and rules, never a number, a lead or a call."""

from collections.abc import Mapping

from prometheus_client import Counter, Gauge, Histogram

from dialer.books import Stage

ATTEMPTS = Counter("dialer_attempts_total", "Attempts by how they ended.", ["campaign", "outcome"])
PLACED = Counter("dialer_placed_total", "Calls placed.", ["campaign"])
REFUSALS = Counter("dialer_refusals_total", "Leads the gate refused, by rule.", ["campaign", "rule"])
VETOED = Counter(
    "dialer_vetoed_total", "Calls taken back before they left, by why the ledger did so.", ["campaign", "why"]
)
ABANDONED = Counter("dialer_abandoned_total", "Live-answered calls that found no agent in time.", ["campaign"])
LATE = Counter("dialer_late_total", "Calls connected after the customer's patience had ended.", ["campaign"])
AMD_HEARD = Counter(
    "dialer_amd_verdicts_total",
    "Calls a detector of answering machines has judged, by what it heard.",
    ["campaign", "heard"],
)
AMD_THEN = Counter("dialer_amd_calls_total", "Calls it has judged, by what became of them.", ["campaign", "then"])
AMD_SECONDS = Histogram(
    "dialer_amd_seconds",
    "Seconds from the answer to the detector's verdict.",
    ["campaign"],
    buckets=(0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0),
)
AMD_CHECKED = Counter(
    "dialer_amd_checked_total",
    "Calls an agent has told the truth of, by what the detector took them for and what they were.",
    ["campaign", "taken_for", "was"],
)
PACE = Gauge("dialer_pace_calls_per_second", "Calls placed a second of late.", ["campaign"])
HOPPER = Gauge("dialer_hopper_leads", "Leads at hand.", ["campaign"])
IN_FLIGHT = Gauge("dialer_calls", "Calls by stage.", ["campaign", "stage"])
ODDS = Gauge(
    "dialer_odds_brier",
    "Mean squared error of the leads' chances of late, and of one rate for all.",
    ["campaign", "of"],
)
TRUNK_BUSY = Gauge("dialer_trunk_calls", "Calls a trunk carries.", ["trunk"])
ANOMALIES = Counter("dialer_anomalies_total", "Events the dialler had no rule for.", ["what"])


class Gauges:
    """The gauges of one campaign, looked up once."""

    def __init__(self, campaign: str) -> None:
        self._pace = PACE.labels(campaign)
        self._hopper = HOPPER.labels(campaign)
        self._campaign = campaign
        self._stages: dict[Stage, Gauge] = {}
        self._outcomes: dict[str, Counter] = {}

    def show(self, pace: float, hopper: int, stages: Mapping[Stage, int]) -> None:
        """Set them; `pace` in calls a second."""
        self._pace.set(pace)
        self._hopper.set(hopper)
        for stage, count in stages.items():
            gauge = self._stages.get(stage)
            if gauge is None:
                gauge = self._stages[stage] = IN_FLIGHT.labels(self._campaign, stage.value)
            gauge.set(count)

    def told(self, chances: float, rate: float) -> None:
        """Set how well chances were told."""
        ODDS.labels(self._campaign, "leads").set(chances)
        ODDS.labels(self._campaign, "rate").set(rate)

    def ended(self, outcome: str) -> None:
        """Count an attempt by how it ended."""
        counter = self._outcomes.get(outcome)
        if counter is None:
            counter = self._outcomes[outcome] = ATTEMPTS.labels(self._campaign, outcome)
        counter.inc()
