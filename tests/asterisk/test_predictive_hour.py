"""Predictive dialling with twenty SIP agents on a real Asterisk: the carrier counts the abandoned as we do."""

from pathlib import Path

import pytest

from benchmarks.hour_books import End
from benchmarks.hour_floor import Hour
from benchmarks.predictive_hour import play

pytestmark = pytest.mark.asterisk

HOUR = Hour(minutes=1.0, agents=20, ringing=6, shortened=5.0)


async def test_carrier_and_journal_tell_every_call_alike(asterisk: Path, tmp_path: Path) -> None:
    found = await play(HOUR, tmp_path / "hour")
    both = found.comparison
    assert both.agree, (both.differences, both.only_carrier, both.only_journal)
    assert both.carrier == both.ours
    assert both.carrier[End.IN_TIME] >= HOUR.agents
    assert both.carrier[End.MACHINE] > 0
    assert both.carrier[End.UNANSWERED] > 0
    assert found.api["connected"] == both.carrier[End.IN_TIME] + both.carrier[End.LATE]
    assert found.api["abandoned"] == both.carrier[End.ABANDONED]
    assert not found.strange
    assert not found.skipped
    assert not found.journal.anomalies
    assert found.utilisation > 0.2
