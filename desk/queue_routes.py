"""The routes of queues' figures, of abandoned callers and of the surge plan."""

from config.rights import Right
from desk import bodies
from desk import queue_ports as q
from desk.route import Query, Route
from telephony.surge import SurgeView
from telephony.views import QueueView

_QUEUE = Query("queue", "Only this queue.")
_SINCE = Query(
    "since", "From this instant on, seconds since the epoch; a day ago when not given.", (0, 1e12), whole=False
)
_UNTIL = Query("until", "Up to this instant, seconds since the epoch; now when not given.", (0, 1e12), whole=False)

QUEUE_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/queues",
        name="queues",
        about="All queues as they stand, with today's service levels, waits and abandoned calls.",
        right=Right.FLOOR_SEE,
        gives=tuple[QueueView, ...],
    ),
    Route(
        method="GET",
        path="/queues/report",
        name="queue_report",
        about="Queues' figures of a span: service level by every definition, speed of answer, abandonment, longest wait.",
        right=Right.FLOOR_SEE,
        gives=tuple[q.ReportRow, ...],
        query=(_QUEUE, _SINCE, _UNTIL, Query("by", "quarter, hour, day (when not given) or span.")),
        refuses=(404,),
    ),
    Route(
        method="GET",
        path="/queues/abandoned",
        name="abandoned_callers",
        about="Callers who gave up waiting, numbers masked, and whether somebody has reached them since.",
        right=Right.FLOOR_SEE,
        gives=tuple[q.AbandonedRow, ...],
        query=(
            _QUEUE,
            _SINCE,
            _UNTIL,
            Query("unreached", "1 leaves out those an agent has had since.", (0, 1)),
            Query("limit", "How many rows at most; 100 when not given.", (1, 1000)),
        ),
        refuses=(404,),
    ),
    Route(
        method="POST",
        path="/queues/abandoned/{id}/again",
        name="call_again",
        about="Have a caller who gave up called: he is due at once in the queue's callback campaign, by the id of his call.",
        right=Right.FLOOR_STEER,
        takes=bodies.Nothing,
        gives=bodies.Granted,
        refuses=(404, 409),
    ),
    Route(
        method="GET",
        path="/surge",
        name="surge",
        about="The surge plan: its level, since when, what is done, the load as measured.",
        right=Right.FLOOR_SEE,
        gives=SurgeView,
        refuses=(409,),
    ),
    Route(
        method="POST",
        path="/surge/enter",
        name="enter_surge",
        about="Put the surge plan on a level and keep it there, whatever the load.",
        right=Right.FLOOR_STEER,
        takes=q.SurgeLevelBody,
        gives=bodies.Granted,
        refuses=(409,),
    ),
    Route(
        method="POST",
        path="/surge/leave",
        name="leave_surge",
        about="End the surge plan's level and give the plan back to the load.",
        right=Right.FLOOR_STEER,
        takes=bodies.Nothing,
        gives=bodies.Granted,
        refuses=(409,),
    ),
)
