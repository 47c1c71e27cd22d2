"""The ACD's metrics: named as agreed, thresholds among the buckets, and nobody in a label."""

import re

from prometheus_client import CollectorRegistry, generate_latest

from acd.counters import Counters
from desk.acd_gauges import AcdGauges
from tests.acd.test_servicelevel import T0, answered, arrives, ended, gone, offered
from tests.desk.conftest import Office
from tests.desk.fake_floor import FakeFloor

AGREED = {
    "acd_calls_offered_total",
    "acd_calls_answered_total",
    "acd_calls_abandoned_total",
    "acd_wait_seconds_bucket",
    "acd_handle_seconds_bucket",
    "acd_agents",
    "acd_offers_total",
    "acd_double_offer_total",
    "acd_surge_level",
}


def scraped(counters: Counters) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(AcdGauges(FakeFloor(), counters))
    return generate_latest(registry).decode()


def test_callers_waits_and_offers_are_counted_under_the_names_agreed() -> None:
    counters = Counters([37.5])
    story = [
        *arrives("1750.1", "x"),
        offered("1750.1", "1001"),
        answered("1750.1", 30.0),
        ended("1750.1"),
        *arrives("1750.2", "x"),
        gone("1750.2", 90.0),
        ended("1750.2"),
    ]
    for fact in story:
        counters.on(fact, T0)
    text = scraped(counters)
    assert 'acd_calls_offered_total{queue="x"} 2.0' in text
    assert 'acd_calls_answered_total{queue="x"} 1.0' in text
    assert 'acd_calls_abandoned_total{queue="x"} 1.0' in text
    assert 'acd_wait_seconds_bucket{le="37.5",queue="x"} 1.0' in text
    assert 'acd_wait_seconds_count{queue="x"} 2.0' in text
    assert 'acd_offers_total{result="connected"} 1.0' in text
    assert "acd_double_offer_total 0.0" in text
    assert "1750.1" not in text
    assert "1001" not in text


async def test_every_agreed_metric_is_scraped(office: Office) -> None:
    async with office.client.get("/metrics") as response:
        text = await response.text()
    names = set(re.findall(r"^(?:# TYPE )?(\w+)", text, re.MULTILINE))
    histograms = {"acd_wait_seconds_bucket", "acd_handle_seconds_bucket"}
    assert AGREED - histograms <= names
    assert {"# TYPE acd_wait_seconds histogram", "# TYPE acd_handle_seconds histogram"} <= set(text.splitlines())
