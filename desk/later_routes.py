"""The routes of callbacks, promised calls and messages."""

from config.rights import Right
from desk import bodies
from desk import later_ports as p
from desk.route import Query, Route

_LIMIT = Query("limit", "How many rows at most; 100 when not given.", (1, 1000))
_BEFORE = Query("before", "Only rows before this instant, seconds since the epoch.", (0, 1e12), whole=False)
_VERBS = (
    ("take-message", "Take a message out of turn, or give it to this agent.", p.OneMessage),
    ("return-message", "Give a message back; it goes into the next round.", p.OneMessage),
    ("call-back", "Call the one who left a message, through the gate.", p.OneMessage),
    ("message-done", "Note what came of a message.", p.MessageDone),
)

LATER_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/callbacks",
        name="callbacks",
        about="Callers who are called back instead of waiting, newest first.",
        right=Right.FLOOR_SEE,
        gives=tuple[p.CallbackRow, ...],
        query=(Query("closed", "1 shows those done, failed and cancelled too.", (0, 1)), _BEFORE, _LIMIT),
    ),
    Route(
        method="POST",
        path="/callbacks/{id}/cancel",
        name="cancel_callback",
        about="Call a callback off; one being dialled is hung up.",
        right=Right.FLOOR_STEER,
        takes=bodies.Nothing,
        gives=bodies.Granted,
        refuses=(404, 409),
    ),
    Route(
        method="GET",
        path="/promises",
        name="promises",
        about="Calls agents have promised (appointments), the first due first.",
        right=Right.FLOOR_SEE,
        gives=tuple[p.PromiseRow, ...],
        query=(Query("campaign", "Only this campaign's."), _LIMIT),
    ),
    Route(
        method="POST",
        path="/promises/{id}/assign",
        name="assign_promise",
        about="Have another agent make a promised call, or the whole group, or at another time.",
        right=Right.FLOOR_STEER,
        takes=p.Assign,
        gives=bodies.Granted,
        refuses=(404, 409),
    ),
    Route(
        method="POST",
        path="/promises/{id}/cancel",
        name="cancel_promise",
        about="Call a promised call off.",
        right=Right.FLOOR_STEER,
        takes=bodies.Nothing,
        gives=bodies.Granted,
        refuses=(404,),
    ),
    Route(
        method="GET",
        path="/messages",
        name="messages",
        about="Messages callers left, newest first.",
        right=Right.FLOOR_SEE,
        gives=tuple[p.MessageRow, ...],
        query=(
            Query("done", "1 shows those done with too.", (0, 1)),
            Query("agent", "Only this agent's."),
            _BEFORE,
            _LIMIT,
        ),
    ),
    Route(
        method="POST",
        path="/messages/{id}/sound",
        name="message_sound",
        about="The sound of a message as a wav file; agents hear their own, in the audit trail before the answer.",
        right=Right.VOICEMAIL_HEAR,
        takes=bodies.Nothing,
        gives="file",
        refuses=(404, 503),
    ),
    Route(
        method="POST",
        path="/messages/{id}/path",
        name="message_path",
        about="Where the sound of a message lies on the server's disk; audited like hearing it.",
        right=Right.VOICEMAIL_HEAR,
        takes=bodies.Nothing,
        gives=p.SoundPlace,
        refuses=(404, 503),
    ),
    *(
        Route(
            method="POST",
            path=f"/agents/{{id}}/{verb}",
            name="ask_agent",
            about=about,
            right=Right.AGENT_OWN,
            takes=takes,
            gives=bodies.Granted,
            refuses=(404, 409),
        )
        for verb, about, takes in _VERBS
    ),
)
