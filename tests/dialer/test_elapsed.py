"""Agents come free by how long they have been at it, where it is told."""

from random import Random

import numpy as np
import pytest

from dialer.elapsed import Elapsed, Spells, rows_of
from dialer.forecast import Busy, Forecast

PATIENCE_S = 2.0


def regular(forecast: Forecast, *, talk_s: float, wrap_s: float, agents: int, seconds: int, told: bool) -> None:
    """Agents of whom every one talks and wraps up for just so long, seen once a second."""
    cycle = talk_s + wrap_s
    dice = Random(3)
    offset = [dice.uniform(0.0, cycle) for _ in range(agents)]
    for now in range(seconds):
        at = [(now + one) % cycle for one in offset]
        talks = [now - one for one in at if one < talk_s]
        wraps = [now - (one - talk_s) for one in at if one >= talk_s]
        busy = Busy(len(talks), len(wraps), talks, wraps, "pbx1") if told else Busy(len(talks), len(wraps))
        forecast.freed_since(busy, float(now), PATIENCE_S)
        for one in at:
            if talk_s <= one < talk_s + 1.0:
                forecast.talked(talk_s)
            if one < 1.0:
                forecast.wrapped(wrap_s)


def test_a_conversation_near_its_usual_end_frees_its_agent_sooner_than_one_just_begun() -> None:
    forecast = Forecast(25.0)
    regular(forecast, talk_s=60.0, wrap_s=10.0, agents=60, seconds=1800, told=True)
    late, _ = forecast.freed_since(Busy(1, 0, [1800.0 - 58.0]), 1800.0, PATIENCE_S)
    early, _ = forecast.freed_since(Busy(1, 0, [1800.0 - 5.0]), 1800.0, PATIENCE_S)
    assert late.share[-1] > 0.5
    assert early.share[-1] < 0.1


def test_of_whom_it_is_not_told_the_usual_rate_is_taken() -> None:
    told, untold = Forecast(25.0), Forecast(25.0)
    regular(untold, talk_s=60.0, wrap_s=10.0, agents=30, seconds=600, told=False)
    usual = untold.freed(PATIENCE_S)
    found = untold.freed_since(Busy(5, 3), 600.0, PATIENCE_S)
    assert np.array_equal(found[0].share, usual[0].share)
    regular(told, talk_s=60.0, wrap_s=10.0, agents=30, seconds=600, told=True)
    half = told.freed_since(Busy(2, 0, [540.0]), 600.0, PATIENCE_S)[0].share
    whole = told.freed_since(Busy(1, 0, [540.0]), 600.0, PATIENCE_S)[0].share
    assert half == pytest.approx(0.5 * (whole + told.freed(PATIENCE_S)[0].share))


def test_conversations_still_running_count_with_the_time_they_have_run() -> None:
    """Ended ones alone would be the short ones."""
    spells = Spells(60.0)
    running = [0.0] * 50
    for second in range(1, 101):
        spells.spent(rows_of(running, float(second)), 1.0)
        spells.ended(2.0, 600.0) if second % 10 == 0 else None
    assert spells.hazards()[rows_of([0.0], 90.0).argmax()] < 0.01


def test_two_servers_of_a_campaign_each_count_their_own_time() -> None:
    one, both = Elapsed(60.0, 15.0), Elapsed(60.0, 15.0)
    for second in range(100):
        rows = rows_of([0.0], float(second))
        one.watch(2 * rows, 0 * rows, 2, "pbx1", float(second))
        for server in ("pbx1", "pbx2"):
            both.watch(rows, 0 * rows, 1, server, float(second))
    assert np.allclose(one._talk.hazards(), both._talk.hazards())


def test_strange_instants_raise_nothing() -> None:
    forecast = Forecast(25.0)
    for instants in ([5e9], [-5e9], [1000.0, 2000.0]):
        talk, wrap = forecast.freed_since(Busy(1, 0, instants, instants), 1000.0, PATIENCE_S)
        assert np.isfinite(talk.share).all()
        assert ((wrap.share >= 0.0) & (wrap.share <= 1.0)).all()
