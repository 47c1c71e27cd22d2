"""``inbound list``: calls that came to us; ``nuisance``: the list of nuisance callers. Read from and written to the database."""

import contextlib
import getpass
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from config.load import load_server
from config.words import say as say_in
from desk.caller_ports import CallerRefused, NewNuisance
from store import audit
from switchroom.callers_desk import CallersBook
from switchroom.cli_run import Config
from switchroom.cli_words import LANG, Json, console, fail, print_json, say
from switchroom.opening import site_store

CONFIG = Path("server.toml")
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help=say("opt.limit"))]


def install(app: typer.Typer) -> None:
    inbound = typer.Typer(help=say("inbound.help"), no_args_is_help=True)
    inbound.command("list", help=say("inbound.list"))(listed)
    app.add_typer(inbound, name="inbound")
    nuisance = typer.Typer(help=say("nuisance.help"), no_args_is_help=True)
    nuisance.command("add", help=say("nuisance.add"))(add)
    nuisance.command("list", help=say("nuisance.list"))(entries)
    nuisance.command("remove", help=say("nuisance.remove"))(remove)
    app.add_typer(nuisance, name="nuisance")


def listed(
    queue: Annotated[str | None, typer.Option("--queue", help=say("inbound.of_queue"))] = None,
    abandoned: Annotated[bool, typer.Option("--abandoned", help=say("inbound.abandoned"))] = False,
    limit: Limit = 50,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    with _book(config) as (book, zone):
        rows = book.calls(queue, None, limit, abandoned)
    if as_json:
        print_json(rows)
        return
    table = _table("call", "at", "queue", "number", "customer", "waited", "agent", "talk", "end")
    for row in rows:
        end = row.way or ("" if row.connected_at is not None or row.ended_at is None else say("inbound.gone"))
        waited = "" if row.waited_s is None else f"{row.waited_s:.0f}"
        talk = "" if row.talk_s is None else f"{row.talk_s:.0f}"
        cells = (row.call, _day(row.arrived_at, zone), row.queue, row.number, row.customer, waited)
        table.add_row(*cells, row.agent or "", talk, end)
    console.print(table)


def add(
    number: Annotated[str, typer.Option("--number", help=say("nuisance.number"))] = "",
    customer: Annotated[str, typer.Option("--customer", help=say("nuisance.customer"))] = "",
    reason: Annotated[str, typer.Option("--reason", help=say("nuisance.reason"))] = "",
    days: Annotated[float | None, typer.Option("--days", min=0, max=3650, help=say("nuisance.days"))] = None,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    if not reason.strip():
        fail("nuisance.reason_needed", exit_code=2)
    with _book(config) as (book, zone):
        made = book.add(
            NewNuisance(number=number, customer=customer, reason=reason[:200], days=days), getpass.getuser()
        )
    if as_json:
        print_json(made)
    else:
        until = _day(made.until, zone) or say("nuisance.for_good")
        console.print(say("nuisance.added", id=made.id, until=until), markup=False, soft_wrap=True)


def entries(
    lifted: Annotated[bool, typer.Option("--lifted", help=say("nuisance.lifted"))] = False,
    limit: Limit = 50,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    with _book(config) as (book, zone):
        rows = book.entries(limit, lifted)
    if as_json:
        print_json(rows)
        return
    table = _table("id", "number", "customer", "reason", "author", "at", "until", "removed")
    for row in rows:
        removed = f"{_day(row.lifted_at, zone)} {row.lifted_by}".strip()
        cells = (str(row.id), row.number, row.customer, row.reason, row.author)
        table.add_row(*cells, _day(row.at, zone), _day(row.until, zone), removed)
    console.print(table)


def remove(
    entry: Annotated[int, typer.Argument(help=say("nuisance.entry"))], config: Config = CONFIG, as_json: Json = False
) -> None:
    with _book(config) as (book, _):
        taken = book.remove(entry, getpass.getuser())
    if as_json:
        print_json(taken)
    else:
        console.print(say("nuisance.removed", id=taken.id), markup=False, soft_wrap=True)


@contextlib.contextmanager
def _book(config: Path) -> Iterator[tuple[CallersBook, str]]:
    """The site's callers; what is refused within ends the command with one clear error."""
    server = load_server(config)
    try:
        with site_store(server) as opened:
            yield CallersBook(opened, server, time.time, audit.CLI), server.zone
    except CallerRefused as refused:
        fail(f"nuisance.fault.{refused.code}", exit_code=2, **refused.words)


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold")
    for column in columns:
        table.add_column(say_in(LANG, f"cli.nuisance.column.{column}"))
    return table


def _day(at: float | None, zone: str) -> str:
    return "" if at is None else f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%Y-%m-%d %H:%M}"
