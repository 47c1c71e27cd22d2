"""The routes of batches' lives; those with a fixed name stand before those with a batch's."""

from typing import Any

from config.rights import Right
from desk import batch_ports as b
from desk.bodies import Nothing
from desk.route import Query, Route
from telephony.views import StockView

_CAMPAIGN = Query("campaign", "Only batches of this campaign.")


def _wish(verb: str, about: str, takes: Any) -> Route:
    return Route(
        method="POST",
        path=f"/batches/{{id}}/{verb}",
        name="ask_batch",
        about=about,
        right=Right.DATA_RELEASE,
        takes=takes,
        gives=b.Done,
        refuses=(404, 409),
    )


def _read(path: str, name: str, about: str, gives: Any, *query: Query, refuses: tuple[int, ...] = ()) -> Route:
    right = Right.FLOOR_SEE
    return Route(
        method="GET", path=path, name=name, about=about, right=right, gives=gives, query=query, refuses=refuses
    )


BATCH_ROUTES: tuple[Route, ...] = (
    _read(
        "/batches/forecast",
        "forecast",
        "How long the customers of each campaign and group last today.",
        tuple[StockView, ...],
    ),
    _read(
        "/batches/lives", "batch_lives", "Batches with their share, end and trial.", tuple[b.LifeRow, ...], _CAMPAIGN
    ),
    Route(
        method="POST",
        path="/batches/recover",
        name="recover_batches",
        about="Take back now whatever has been handed out for longer than the setting allows.",
        right=Right.DATA_RELEASE,
        takes=Nothing,
        gives=b.Done,
    ),
    _read(
        "/batches/{id}/life",
        "batch_life",
        "One batch: who holds its customers, what they have brought, its trial and targets.",
        b.LifeDetail,
        refuses=(404,),
    ),
    _wish("allocate", "Give customers of the batch to one group or agent.", b.Allocate),
    _wish("withdraw", "Take customers back from a group or agent.", b.Withdraw),
    _wish("release", "Let a share of the batch be dialled, in its own random order.", b.Release),
    _wish("close", "Close the batch, at once or at a set time; calls in progress go on.", b.Close),
    _wish("cutover", "Close the batch at a set time and open its successor in the same instant.", b.Cutover),
    _wish("trial", "Dial only a sample of the batch, to measure it.", b.Trial),
    _wish("targets", "Set what the batch is expected to reach.", b.Aim),
)
