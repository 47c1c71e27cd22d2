"""The routes of agents' time: leaders' wishes, break tokens, history, working-time use."""

from acd.worktime import Spell, Worktime
from config.rights import Right
from desk import bodies
from desk import worktime_ports as w
from desk.route import Query, Route
from telephony.views import BreaksView

_SINCE = Query(
    "since", "From this instant on, seconds since the epoch; a day ago when not given.", (0, 1e12), whole=False
)
_UNTIL = Query("until", "Up to this instant, seconds since the epoch; now when not given.", (0, 1e12), whole=False)


def _ask(verb: str, about: str, takes: type, right: Right) -> Route:
    return Route(
        method="POST",
        path=f"/agents/{{id}}/{verb}",
        name="ask_agent",
        about=about,
        right=right,
        takes=takes,
        gives=bodies.Granted,
        refuses=(404, 409),
    )


def _read(path: str, name: str, about: str, gives: object, *query: Query, refuses: tuple[int, ...] = ()) -> Route:
    return Route(
        method="GET",
        path=path,
        name=name,
        about=about,
        right=Right.FLOOR_SEE,
        gives=gives,
        query=query,
        refuses=refuses,
    )


WORKTIME_ROUTES: tuple[Route, ...] = (
    _ask(
        "force",
        "Have an agent be ready, not ready with a reason, signed out, done with his wrap-up, or out of a call he is stuck in. In the audit trail.",
        w.ForceBody,
        Right.AGENT_ANY,
    ),
    _ask("skills", "Give an agent other skills, or those of his settings again.", w.SkillsBody, Right.AGENT_ANY),
    _ask(
        "break",
        "Break tokens: ask for one, take the one offered, withdraw, end the break.",
        w.BreakBody,
        Right.AGENT_OWN,
    ),
    _ask(
        "break-lead",
        "Break tokens: grant one beyond number and guard, refuse, take back, extend. In the audit trail.",
        w.BreakLeadBody,
        Right.AGENT_ANY,
    ),
    _read("/breaks", "breaks", "Break tokens: who waits, was offered one, is out.", BreaksView),
    _read("/reasons", "not_ready_reasons", "Reasons for being not ready.", tuple[w.ReasonRow, ...]),
    _read(
        "/agents/{id}/history",
        "agent_history",
        "What an agent was, from when to when, and who had it so.",
        tuple[Spell, ...],
        _SINCE,
        _UNTIL,
        refuses=(404,),
    ),
    _read(
        "/utilisation",
        "utilisation",
        "Working-time use, occupancy and adherence to the roster, by agent.",
        tuple[Worktime, ...],
        Query("agent", "Only this agent."),
        _SINCE,
        _UNTIL,
        refuses=(404,),
    ),
)
