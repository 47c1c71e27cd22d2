"""Predictive dialling with twenty SIP agents on a real Asterisk: the carrier counts the abandoned as we do."""

from pathlib import Path

import pytest

from benchmarks.hour_books import LIVE, End
from benchmarks.hour_floor import LENIENT, STRICT, Hour
from benchmarks.predictive_hour import play

pytestmark = pytest.mark.asterisk

BUSY_S = 1.0
"""On a busy machine sound and events may be so late."""
HOUR = Hour(minutes=0.8, agents=20, ringing=6, shortened=5.0)


async def test_carrier_and_journal_tell_every_call_alike(asterisk: Path, tmp_path: Path) -> None:
    found = await play(HOUR, tmp_path / "hour")
    both = found.comparison
    assert both.unexplained(border_s=BUSY_S) == []
    assert both.carrier[End.IN_TIME] >= HOUR.agents
    assert both.carrier[End.MACHINE] > 0
    assert both.carrier[End.UNANSWERED] > 0
    assert found.connected == both.ours[End.IN_TIME] + both.ours[End.LATE]
    assert found.abandoned == both.ours[End.ABANDONED]
    lost, late = both.ours[End.ABANDONED], both.ours[End.LATE]
    counted = found.connected + found.abandoned
    assert found.contracts[LENIENT] == (lost, counted)
    assert found.contracts[STRICT] == (lost + late, counted)
    named = both.names
    live = sum(both.carrier[end] for end in LIVE)
    assert abs(live - sum(both.ours[end] for end in LIVE)) <= sum(named.values())
    assert not found.strange
    assert not found.skipped
    assert not found.journal.anomalies
    assert found.utilisation > 0.2
