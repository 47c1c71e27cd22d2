"""What Prometheus sees of the dialler: labels are campaigns, outcomes and rules, never a number, a lead or a call."""

from prometheus_client import Counter, Gauge

ATTEMPTS = Counter("dialer_attempts_total", "Attempts by how they ended.", ["campaign", "outcome"])
PLACED = Counter("dialer_placed_total", "Calls placed.", ["campaign"])
REFUSALS = Counter("dialer_refusals_total", "Leads the gate refused, by rule.", ["campaign", "rule"])
ABANDONED = Counter("dialer_abandoned_total", "Live-answered calls that found no agent in time.", ["campaign"])
LATE = Counter("dialer_late_total", "Calls connected after the customer's patience had ended.", ["campaign"])
PACE = Gauge("dialer_pace_calls_per_second", "Calls placed a second of late.", ["campaign"])
HOPPER = Gauge("dialer_hopper_leads", "Leads at hand.", ["campaign"])
IN_FLIGHT = Gauge("dialer_calls", "Calls by stage.", ["campaign", "stage"])
TRUNK_BUSY = Gauge("dialer_trunk_calls", "Calls a trunk carries.", ["trunk"])
ANOMALIES = Counter("dialer_anomalies_total", "Events the dialler had no rule for.", ["what"])
