"""The routes of live calls: who is on which, supervisors' wishes, pauses of recordings."""

from typing import Any

from config.rights import Right
from desk.bodies import Granted, Nothing
from desk.call_ports import LiveCallRow, MarkRow, SupervisionRow
from desk.route import Query, Route
from telephony.views import SupervisionView


def _wish(path: str, name: str, right: Right, about: str) -> Route:
    return Route(
        method="POST",
        path=path,
        name=name,
        about=about,
        right=right,
        takes=Nothing,
        gives=Granted,
        refuses=(404, 409),
    )


def _read(
    path: str, name: str, about: str, gives: Any, right: Right, *query: Query, refuses: tuple[int, ...] = ()
) -> Route:
    return Route(
        method="GET", path=path, name=name, about=about, right=right, gives=gives, query=query, refuses=refuses
    )


_LISTEN, _JOIN, _PAUSE = Right.CALL_LISTEN, Right.CALL_JOIN, Right.RECORDING_PAUSE

CALL_ROUTES: tuple[Route, ...] = (
    _read(
        "/calls/live",
        "live_calls",
        "Calls in progress with stage, agent and, for who may listen, the supervisors on them.",
        tuple[LiveCallRow, ...],
        Right.FLOOR_SEE,
    ),
    _read(
        "/calls/{id}/marks",
        "call_marks",
        "The time line of one call for a player: who had it when, holds, pauses of its recording.",
        tuple[MarkRow, ...],
        Right.FLOOR_SEE,
        refuses=(404,),
    ),
    _read("/supervisions", "supervisions", "Supervisors on calls now.", tuple[SupervisionView, ...], _LISTEN),
    _read(
        "/supervisions/past",
        "past_supervisions",
        "Who was on which call, how and how long; newest first.",
        tuple[SupervisionRow, ...],
        _LISTEN,
        Query("before", "Only rows before this instant, seconds since the epoch.", (0, 1e12), whole=False),
        Query("limit", "How many rows at most; 100 when not given.", (1, 1000)),
    ),
    _wish("/calls/{id}/listen", "supervise", _LISTEN, "Have one's phone called and listen: nobody hears it."),
    _wish("/calls/{id}/whisper", "supervise", _JOIN, "Speak to the agent alone; also turns an ear that is open."),
    _wish("/calls/{id}/barge", "supervise", _JOIN, "Speak with both; also turns an ear that is open."),
    _wish(
        "/calls/{id}/take-over",
        "take_over",
        _JOIN,
        "Have the customer: the agent's part is over, one has the call as an agent oneself.",
    ),
    _wish("/supervisions/leave", "step_out", _LISTEN, "Leave the call one is on."),
    _wish("/calls/{id}/recording/pause", "pause_recording", _PAUSE, "Record silence until it is resumed."),
    _wish("/calls/{id}/recording/resume", "pause_recording", _PAUSE, "Have a paused recording go on."),
    _wish(
        "/agents/{id}/recording-pause",
        "pause_own_recording",
        Right.AGENT_OWN,
        "Record silence on the agent's call until it is resumed, e.g. while the customer says a card number.",
    ),
    _wish(
        "/agents/{id}/recording-resume",
        "pause_own_recording",
        Right.AGENT_OWN,
        "Have the paused recording of the agent's call go on.",
    ),
)
