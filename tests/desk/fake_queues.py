"""Queues and a surge plan as a busy afternoon has them, for the desk's tests and pictures."""

from telephony.surge import SurgeView
from telephony.views import QueueView


def queues() -> tuple[QueueView, ...]:
    return (
        _queue(
            "service", "客服热线 Service", waiting=3, longest_s=14.0, expected_s=35.0, ready=0, busy=18, recent=0.86
        ),
        _queue(
            "broadband",
            "宽带报障 Broadband",
            waiting=9,
            longest_s=171.0,
            expected_s=240.0,
            ready=0,
            busy=7,
            recent=0.41,
        ),
    )


def _queue(
    id: str, title: str, *, waiting: int, longest_s: float, expected_s: float, ready: int, busy: int, recent: float
) -> QueueView:
    return QueueView(
        id=id,
        title=title,
        waiting=waiting,
        longest_s=longest_s,
        expected_s=expected_s,
        threshold_s=20.0,
        ready=ready,
        busy=busy,
        offered=412,
        answered=371,
        answered_in=318,
        abandoned=33,
        abandoned_in=12,
        short=7,
        sent_on=8,
        overflowed=4,
        asa_s=13.4,
        abandonment=33 / 404,
        longest_waited_s=265.0,
        service_levels={"offered": 0.772},
        recent_service_levels={"offered": recent},
    )


def surge(at: float) -> SurgeView:
    return SurgeView(
        level=2,
        levels=4,
        since=at - 640.0,
        enabled=True,
        held=False,
        actor="",
        why="load",
        actions=("reserves", "breaks"),
        load={},
    )
