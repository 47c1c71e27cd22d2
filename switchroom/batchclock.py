"""The batch clock: closes a batch at its set time and opens its successor in the same instant, also after a restart."""

from collections.abc import Iterable

from telephony.batches import BatchClosed, BatchOpened, BatchReleased, BatchTimed
from telephony.commands import CancelTimer, Command, SetTimer
from telephony.events import TimerFired
from telephony.facts import Fact
from telephony.leads import Restored

END = "batch_end"
TIME, CUTOVER = "time", "cutover"


class BatchClock:
    """A part of the switchboard; ends that passed while nobody was there come at once, in their order."""

    hears: frozenset[type] = frozenset({Restored, BatchTimed, BatchClosed, TimerFired})

    def __init__(self) -> None:
        self._ends: dict[str, BatchTimed] = {}

    def on(self, event: object, now: float) -> Iterable[Fact | Command]:
        match event:
            case Restored():
                return [self._set(end, end.close_at) for end in event.timed if end.close_at is not None]
            case BatchTimed():
                if event.close_at is not None:
                    return [self._set(event, event.close_at)]
                self._ends.pop(event.batch, None)
                return [CancelTimer(key=(END, event.batch))]
            case BatchClosed():
                if self._ends.pop(event.batch, None) is not None:
                    return [CancelTimer(key=(END, event.batch))]
            case TimerFired(key=(kind, batch)) if kind == END:
                end = self._ends.pop(batch, None)
                return over(end) if end is not None else []
        return []

    def _set(self, end: BatchTimed, at: float) -> SetTimer:
        self._ends[end.batch] = end
        return SetTimer(key=(END, end.batch), at=at)


def over(end: BatchTimed) -> list[Fact | Command]:
    """What happens when a batch's time has come, in one drain and so in one transaction."""
    batch, campaign, actor = end.batch, end.campaign, end.actor
    closed = BatchClosed(batch=batch, campaign=campaign, actor=actor, why=CUTOVER if end.successor else TIME)
    if not end.successor:
        return [closed]
    return [
        closed,
        BatchOpened(batch=end.successor, campaign=campaign, actor=actor, predecessor=batch),
        BatchReleased(batch=end.successor, campaign=campaign, actor=actor, share=end.share),
    ]
