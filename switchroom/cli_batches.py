"""``batch …``: what managers do with imported batches on a running server, over its API."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import typer

from config.load import load_server
from switchroom import cli_batch_tables
from switchroom.cli_floor import Remote, ServerFile, Token, Url
from switchroom.cli_words import Json, console, fail, print_json, say

Batch = Annotated[str, typer.Argument(help=say("batch.opt.batch"))]
Group = Annotated[str | None, typer.Option("--group", "-g", help=say("batch.opt.group"))]
Agent = Annotated[str | None, typer.Option("--agent", "-a", help=say("batch.opt.agent"))]
Count = Annotated[int | None, typer.Option("--count", "-n", min=1, max=10_000_000, help=say("batch.opt.count"))]
Share = Annotated[float | None, typer.Option("--share", min=0, max=1, help=say("batch.opt.share"))]
Upto = Annotated[float, typer.Option("--share", min=0, max=1, help=say("batch.opt.upto"))]
Campaign = Annotated[str | None, typer.Option("--campaign", help=say("opt.campaign"))]
CONFIG = Path("server.toml")


def install(app: typer.Typer) -> None:
    batch = typer.Typer(help=say("batch.help"), no_args_is_help=True)
    for command in (listed, show, allocate, withdraw, release, close, cutover, trial, targets, recover, forecast):
        name = {"listed": "list"}.get(command.__name__, command.__name__)
        batch.command(name, help=say(f"batch.{name}"))(command)
    app.add_typer(batch, name="batch")


def listed(
    campaign: Campaign = None,
    url: Url = None,
    token: Token = None,
    config: ServerFile = CONFIG,
    as_json: Json = False,
) -> None:
    path = "/batches/lives" + (f"?campaign={quote(campaign, safe='')}" if campaign else "")
    rows = Remote(url, token, config).ask("GET", path)
    if as_json:
        print_json(rows)
    else:
        console.print(cli_batch_tables.batches(rows, _zone(config)))


def show(
    batch: Batch, url: Url = None, token: Token = None, config: ServerFile = CONFIG, as_json: Json = False
) -> None:
    found = Remote(url, token, config).ask("GET", f"{_path(batch)}/life")
    if as_json:
        print_json(found)
    else:
        console.print(cli_batch_tables.batch(found, _zone(config)))


def allocate(
    batch: Batch,
    group: Group = None,
    agent: Agent = None,
    count: Count = None,
    share: Share = None,
    order: Annotated[str, typer.Option("--order", help=say("batch.opt.order"))] = "random",
    url: Url = None,
    token: Token = None,
    config: ServerFile = CONFIG,
    as_json: Json = False,
) -> None:
    if order not in ("random", "oldest", "fresh"):
        fail("batch.bad_order", exit_code=2, order=order)
    wish = {"group": group, "agent": agent, "count": count, "share": share, "order": order}
    _put(Remote(url, token, config), batch, "allocate", wish, as_json)


def withdraw(
    batch: Batch,
    group: Group = None,
    agent: Agent = None,
    count: Count = None,
    url: Url = None,
    token: Token = None,
    config: ServerFile = CONFIG,
    as_json: Json = False,
) -> None:
    wish = {"group": group, "agent": agent, "count": count}
    _put(Remote(url, token, config), batch, "withdraw", wish, as_json)


def release(
    batch: Batch,
    share: Upto = 1.0,
    recovered: Annotated[bool, typer.Option("--recovered", help=say("batch.opt.recovered"))] = False,
    url: Url = None,
    token: Token = None,
    config: ServerFile = CONFIG,
    as_json: Json = False,
) -> None:
    _put(Remote(url, token, config), batch, "release", {"share": share, "recovered": recovered}, as_json)


def close(
    batch: Batch,
    at: Annotated[str | None, typer.Option("--at", help=say("batch.opt.at"))] = None,
    never: Annotated[bool, typer.Option("--never", help=say("batch.opt.never"))] = False,
    url: Url = None,
    token: Token = None,
    config: ServerFile = CONFIG,
    as_json: Json = False,
) -> None:
    wish = {"at": None if at is None else instant(at, config), "never": never}
    _put(Remote(url, token, config), batch, "close", wish, as_json)


def cutover(
    batch: Batch,
    successor: Annotated[str, typer.Argument(help=say("batch.opt.successor"))],
    at: Annotated[str, typer.Option("--at", help=say("batch.opt.at"))],
    share: Upto = 1.0,
    url: Url = None,
    token: Token = None,
    config: ServerFile = CONFIG,
    as_json: Json = False,
) -> None:
    wish = {"successor": successor, "at": instant(at, config), "share": share}
    _put(Remote(url, token, config), batch, "cutover", wish, as_json)


def trial(
    batch: Batch,
    count: Count = None,
    share: Share = None,
    url: Url = None,
    token: Token = None,
    config: ServerFile = CONFIG,
    as_json: Json = False,
) -> None:
    remote = Remote(url, token, config)
    if count is not None or share is not None:
        _put(remote, batch, "trial", {"count": count, "share": share}, as_json)
        return
    found = remote.ask("GET", f"{_path(batch)}/life")
    if found["trial"] is None:
        fail("batch.no_trial", batch=batch)
    if as_json:
        print_json({"trial": found["trial"], "targets": found["batch"]["targets"]})
    else:
        console.print(cli_batch_tables.trial(found))


def targets(
    batch: Batch,
    connect: Annotated[float | None, typer.Option("--connect", min=0, max=1, help=say("batch.opt.connect"))] = None,
    success: Annotated[float | None, typer.Option("--success", min=0, max=1, help=say("batch.opt.success"))] = None,
    calls: Annotated[float | None, typer.Option("--calls", min=0, max=1000, help=say("batch.opt.calls"))] = None,
    url: Url = None,
    token: Token = None,
    config: ServerFile = CONFIG,
    as_json: Json = False,
) -> None:
    wish = {"connect_rate": connect, "success_rate": success, "calls_per_hour": calls}
    _put(Remote(url, token, config), batch, "targets", wish, as_json)


def recover(url: Url = None, token: Token = None, config: ServerFile = CONFIG, as_json: Json = False) -> None:
    done = Remote(url, token, config).ask("POST", "/batches/recover")
    if as_json:
        print_json(done)
    else:
        console.print(say("batch.recovered", moved=done["moved"]), markup=False, soft_wrap=True)


def forecast(url: Url = None, token: Token = None, config: ServerFile = CONFIG, as_json: Json = False) -> None:
    rows = Remote(url, token, config).ask("GET", "/batches/forecast")
    if as_json:
        print_json(rows)
    else:
        console.print(cli_batch_tables.forecast(rows, _zone(config)))


def _put(remote: Remote, batch: str, verb: str, wish: dict[str, Any], as_json: bool) -> None:
    said = {name: value for name, value in wish.items() if value is not None}
    done = remote.ask("POST", f"{_path(batch)}/{verb}", said)
    if as_json:
        print_json(done)
    else:
        console.print(say(f"batch.{verb}_done", batch=batch, moved=done["moved"]), markup=False, soft_wrap=True)


def _path(batch: str) -> str:
    return f"/batches/{quote(batch, safe='')}"


def _zone(config: Path) -> ZoneInfo | None:
    """The site's time zone; None is this terminal's."""
    return ZoneInfo(load_server(config).zone) if config.exists() else None


def instant(text: str, config: Path) -> float:
    """``2026-11-22 18:00`` or ``18:00`` (today) in the site's time, or with a zone of its own."""
    zone = _zone(config)
    try:
        if len(text) <= 8 and ":" in text:
            text = f"{datetime.now(zone).date()} {text.rjust(5, '0')}"
        found = datetime.fromisoformat(text)
    except ValueError:
        fail("batch.bad_time", exit_code=2, text=text)
    return (found if found.tzinfo is not None else found.replace(tzinfo=zone)).timestamp()
