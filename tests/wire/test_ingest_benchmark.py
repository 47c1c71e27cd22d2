"""The benchmark of ingestion runs in a clone and says what it measured."""

from benchmarks.ami_ingest import ingest
from telephony.events import LegEnded, PbxEvent


def test_benchmark_feeds_every_event_of_the_recording_to_the_sink() -> None:
    heard: list[PbxEvent] = []
    result = ingest(heard.append, passes=1)
    assert {"name", "unit", "value", "p50", "p99", "peers", "limit"} <= set(result)
    assert result["messages"] == 11_533
    assert result["events_a_pass"] == 3_649
    assert sum(isinstance(event, LegEnded) for event in heard) == 4 * 500
    assert set(result["peers"]) == {"ours, all parsed", "panoramisk 1.4", "bare"}
