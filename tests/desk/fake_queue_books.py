"""Queues' books with one row each, for the desk's tests."""

from collections.abc import Sequence

from desk.queue_ports import AbandonedRow, QueueRefused, ReportRow


class FakeQueueBooks:
    """Grants every wish but that of a call nobody knows; `again` are the calls asked for."""

    def __init__(self) -> None:
        self.again: list[str] = []

    async def report(self, *, queue: str | None, since: float, until: float, by: str) -> Sequence[ReportRow]:
        return [
            ReportRow(
                queue=queue or "service",
                begins=since,
                threshold_s=20.0,
                short_abandon_s=5.0,
                offered=10,
                answered=8,
                answered_in=7,
                abandoned=2,
                abandoned_in=1,
                short=0,
                sent_on=0,
                overflowed=1,
                asa_s=8.5,
                abandonment=0.2,
                longest_waited_s=61.0,
                service_levels={"offered": 0.7, "net": None},
            )
        ]

    async def abandoned(
        self, *, queue: str | None, since: float, until: float, limit: int, unreached: bool
    ) -> Sequence[AbandonedRow]:
        return [
            AbandonedRow(
                call="1750.3",
                queue=queue or "service",
                line="400",
                customer="",
                number="138****8000",
                gone_at=until,
                waited_s=41.0,
                position=2,
                called_at=None,
                reached_at=None,
                came_again=False,
            )
        ]

    async def call_again(self, *, call: str, actor: str) -> None:
        if call == "nobody":
            raise QueueRefused(404, "unknown_caller")
        self.again.append(call)
