"""The routes of callers: calls that came to us, and the list of nuisance callers."""

from config.rights import Right
from desk import caller_ports as c
from desk.route import Query, Route

CALLER_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/inbound",
        name="inbound",
        about="Calls that came to us, newest first, numbers masked.",
        right=Right.FLOOR_SEE,
        gives=tuple[c.InboundCall, ...],
        query=(
            Query("queue", "Only calls whose last queue this is."),
            Query("abandoned", "1 shows only callers who hung up unserved.", (0, 1)),
            Query("before", "Only calls that came before this instant (epoch seconds).", (0, 1e12)),
            Query("limit", "How many rows at most; 100 when not given.", (1, 1000)),
        ),
    ),
    Route(
        method="GET",
        path="/nuisance",
        name="nuisance",
        about="The list of nuisance callers, newest first, numbers masked.",
        right=Right.NUISANCE_WRITE,
        gives=tuple[c.NuisanceEntry, ...],
        query=(
            Query("lifted", "1 shows entries taken off too.", (0, 1)),
            Query("limit", "How many rows at most; 100 when not given.", (1, 1000)),
        ),
    ),
    Route(
        method="POST",
        path="/nuisance",
        name="mark_nuisance",
        about="Put a number or a customer on the list of nuisance callers.",
        right=Right.NUISANCE_WRITE,
        takes=c.NewNuisance,
        gives=c.NuisanceEntry,
        refuses=(409,),
    ),
    Route(
        method="DELETE",
        path="/nuisance/{id}",
        name="unmark_nuisance",
        about="Take an entry off the list; it stays on record with who did.",
        right=Right.NUISANCE_WRITE,
        gives=c.NuisanceEntry,
        refuses=(404,),
    ),
)
