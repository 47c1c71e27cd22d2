"""Pain 15 of other call centres' software, what of it is figures: a wallboard by the call, and who gave up waiting."""

from telephony.facts import CallerDecided

from .callers_floor import CallersFloor


def test_pain_15_the_wallboard_knows_every_queue_by_the_call_and_every_caller_who_gave_up() -> None:
    floor = CallersFloor({"service": {"lines": ["100"], "service_level_s": 20}}, {"1001": ["service"]})
    floor.at_work()
    floor.call(talk_s=30.0)
    floor.run(3.0)
    gave_up = floor.call(number="+8613800138001", patience_s=10.0)
    floor.call(number="+8613800138002", talk_s=20.0)
    floor.run(5.0)
    (board,) = floor.house.figures.views(floor.clock.at, floor.clock.at - 3600.0)
    assert (board.waiting, board.ready, board.busy, board.answered) == (2, 0, 1, 1)
    assert 4.0 < board.longest_s < 6.0
    floor.run(120.0)
    (board,) = floor.house.figures.views(floor.clock.at, floor.clock.at - 3600.0)
    assert (board.waiting, board.offered, board.answered, board.answered_in, board.abandoned) == (0, 3, 2, 1, 1)
    assert board.service_levels["answered"] == 0.5
    assert [fact.call for fact in floor.of(CallerDecided, how="abandoned")] == [gave_up]
    assert floor.house.figures.counters.double_offers == 0
    assert floor.house.figures.counters.offers["connected"] == 2
