"""The ACD as Prometheus sees it, read when scraped: calls, waits, offers, agents; no caller, agent or call in a label."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from acd.counters import Counters
from telephony.ports import Floor

RESULTS = ("connected", "no_answer", "failed", "caller_gone")


class AcdGauges(Collector):
    """Collects from `floor` and from what is counted of its facts; names begin with ``acd_``."""

    def __init__(self, floor: Floor, counters: Counters | None) -> None:
        self._floor = floor
        self._counters = counters

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        view = self._floor.view()
        counted = self._counters or Counters(())
        queues = [one.id for one in view.queues]
        for name, about, counts in (
            ("offered", "Callers whose wait was decided, however.", counted.offered),
            ("answered", "Callers an agent had.", counted.answered),
            ("abandoned", "Callers who gave up.", counted.abandoned),
        ):
            calls = CounterMetricFamily(f"acd_calls_{name}", about, labels=["queue"])
            for queue in dict.fromkeys([*queues, *counts]):
                calls.add_metric([queue], counts[queue])
            yield calls
        waits = HistogramMetricFamily(
            "acd_wait_seconds",
            "Waits of decided callers; each queue's service level threshold is a bucket.",
            labels=["queue"],
        )
        for queue, spread in counted.waits.items():
            waits.add_metric([queue], spread.cumulated(), spread.sum_s)
        yield waits
        handled = HistogramMetricFamily(
            "acd_handle_seconds",
            "Agents' time with a call by phase: ring, talk, hold, consult, wrap_up.",
            labels=["phase"],
        )
        for phase, spread in counted.handled.items():
            handled.add_metric([phase], spread.cumulated(), spread.sum_s)
        yield handled
        offers = CounterMetricFamily("acd_offers", "Calls offered to agents by what became of it.", labels=["result"])
        for result in RESULTS:
            offers.add_metric([result], counted.offers[result])
        yield offers
        double = CounterMetricFamily(
            "acd_double_offer", "Calls offered to two agents, or agents offered two calls: stays 0."
        )
        double.add_metric([], counted.double_offers)
        yield double
        agents = GaugeMetricFamily("acd_agents", "Agents of each queue by state.", labels=["queue", "state", "reason"])
        states = Counter((queue, one.state, one.reason) for one in view.agents for queue in one.queues)
        for (queue, state, reason), count in states.items():
            agents.add_metric([queue, state, reason], count)
        yield agents
        yield from self._queues()

    def _queues(self) -> Iterator[Metric]:
        view = self._floor.view()
        waiting = GaugeMetricFamily("acd_waiting", "Callers waiting.", labels=["queue"])
        longest = GaugeMetricFamily("acd_longest_wait_seconds", "How long the first has waited.", labels=["queue"])
        expected = GaugeMetricFamily("acd_expected_wait_seconds", "What a caller could expect now.", labels=["queue"])
        level = GaugeMetricFamily(
            "acd_service_level", "Today's service level by definition.", labels=["queue", "definition"]
        )
        for one in view.queues:
            waiting.add_metric([one.id], one.waiting)
            longest.add_metric([one.id], one.longest_s)
            if one.expected_s is not None:
                expected.add_metric([one.id], one.expected_s)
            for definition, share in one.service_levels.items():
                if share is not None:
                    level.add_metric([one.id, definition], share)
        surge = GaugeMetricFamily("acd_surge_level", "Level of the surge plan, 0 for none.")
        if view.surge is not None:
            surge.add_metric([], view.surge.level)
        yield from (waiting, longest, expected, level, surge)
