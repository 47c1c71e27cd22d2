"""``queue``: queues as they stand, their figures of a span, and callers who gave up; ``surge``: the surge plan."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from acd.servicelevel import DEFINITIONS
from config.load import load_server
from config.model import ServerSettings
from desk.queue_ports import AbandonedRow, ReportRow
from store.queue_report import gave_up
from switchroom.cli_batches import instant
from switchroom.cli_floor import Remote, ServerFile, Token, Url
from switchroom.cli_run import Config
from switchroom.cli_tables import clock_text, share_text
from switchroom.cli_words import Json, console, fail, print_json, say
from switchroom.opening import open_store, store_faults
from switchroom.queuework import abandoned_row, reported

DAY_S = 86_400.0
SPANS = ("quarter", "hour", "day", "span")

OfQueue = Annotated[str | None, typer.Option("--queue", help=say("queue.of_queue"))]
Since = Annotated[str | None, typer.Option("--since", help=say("queue.since"))]
Until = Annotated[str | None, typer.Option("--until", help=say("queue.until"))]


def install(app: typer.Typer) -> None:
    queue = typer.Typer(help=say("queue.help"), no_args_is_help=True)
    queue.command("show", help=say("queue.show"))(show)
    queue.command("report", help=say("queue.report"))(report)
    queue.command("abandoned", help=say("queue.abandoned"))(abandoned)
    queue.command("again", help=say("queue.again"))(again)
    app.add_typer(queue, name="queue")
    surge = typer.Typer(help=say("surge.help"), no_args_is_help=True)
    surge.command("show", help=say("surge.show"))(surge_show)
    surge.command("enter", help=say("surge.enter"))(surge_enter)
    surge.command("leave", help=say("surge.leave"))(surge_leave)
    app.add_typer(surge, name="surge")


def show(url: Url = None, token: Token = None, config: ServerFile = Path("server.toml"), as_json: Json = False) -> None:
    rows = Remote(url, token, config).ask("GET", "/queues")
    if as_json:
        print_json(rows)
        return
    heads = (
        "queue",
        "waiting",
        "longest",
        "expected",
        "ready",
        "busy",
        "offered",
        "answered",
        "abandoned",
        "asa",
        "level",
    )
    table = Table(*(say(f"queue.col_{head}") for head in heads))
    for one in rows:
        table.add_row(
            one["title"],
            str(one["waiting"]),
            clock_text(one["longest_s"]),
            _seconds(one["expected_s"]),
            str(one["ready"]),
            str(one["busy"]),
            str(one["offered"]),
            str(one["answered"]),
            str(one["abandoned"]),
            _seconds(one["asa_s"]),
            share_text(one["service_levels"]["net"]),
        )
    console.print(table)


def report(
    queue: OfQueue = None,
    since: Since = None,
    until: Until = None,
    by: Annotated[str, typer.Option("--by", help=say("queue.by"))] = "day",
    config: Config = Path("server.toml"),
    as_json: Json = False,
) -> None:
    if by not in SPANS:
        fail("queue.bad_span", exit_code=2, found=by, allowed=", ".join(SPANS))
    server, begin, end = _asked(config, queue, since, until)
    queues = {name: one for name, one in server.queue.items() if queue in (None, name)}
    opened = open_store(server.store.url, server.key_file)
    with store_faults(server.store.url), contextlib.closing(opened):
        rows = reported(opened, queues, server.zone, since=begin, until=end, by=by)
    if as_json:
        print_json(rows)
    else:
        console.print(_report(rows, ZoneInfo(server.zone)))


def abandoned(
    queue: OfQueue = None,
    since: Since = None,
    until: Until = None,
    unreached: Annotated[bool, typer.Option("--unreached", help=say("queue.unreached"))] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help=say("queue.limit"))] = 1000,
    config: Config = Path("server.toml"),
    as_json: Json = False,
) -> None:
    server, begin, end = _asked(config, queue, since, until)
    opened = open_store(server.store.url, server.key_file)
    with store_faults(server.store.url), contextlib.closing(opened):
        found = gave_up(opened, queue=queue, since=begin, until=end, limit=limit, unreached=unreached)
    rows = [abandoned_row(one) for one in found]
    if as_json:
        print_json(rows)
    else:
        console.print(_abandoned(rows, ZoneInfo(server.zone)))


def again(
    call: Annotated[str, typer.Argument(help=say("queue.again_call"))],
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    Remote(url, token, config).ask("POST", f"/queues/abandoned/{quote(call, safe='')}/again")
    if as_json:
        print_json({"call": call})
    else:
        console.print(say("queue.again_done", call=call), markup=False, soft_wrap=True)


def surge_show(
    url: Url = None, token: Token = None, config: ServerFile = Path("server.toml"), as_json: Json = False
) -> None:
    plan = Remote(url, token, config).ask("GET", "/surge")
    if as_json:
        print_json(plan)
        return
    console.print(say("surge.stands", level=plan["level"], levels=plan["levels"]), markup=False)
    if plan["level"]:
        since = f"{datetime.fromtimestamp(plan['since']):%Y-%m-%d %H:%M:%S}"  # noqa: DTZ006
        console.print(
            say("surge.since", since=since, why=say(f"surge.why_{plan['why']}"), actor=plan["actor"]), markup=False
        )
        console.print(say("surge.done", actions=_actions(plan)), markup=False)
    if not plan["enabled"]:
        console.print(say("surge.not_enabled"), markup=False)
    load = plan["load"]
    console.print(
        say(
            "surge.load",
            waiting=f"{load['waiting_per_agent']:.2f}",
            longest=clock_text(load["longest_s"]),
            service=share_text(load.get("service_level")),
            occupancy=share_text(load.get("occupancy")),
        ),
        markup=False,
    )


def surge_enter(
    level: Annotated[int, typer.Argument(min=1, max=4, help=say("surge.level"))],
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    remote = Remote(url, token, config)
    remote.ask("POST", "/surge/enter", {"level": level})
    surge_show(url, token, config, as_json)


def surge_leave(
    url: Url = None, token: Token = None, config: ServerFile = Path("server.toml"), as_json: Json = False
) -> None:
    Remote(url, token, config).ask("POST", "/surge/leave")
    surge_show(url, token, config, as_json)


def _asked(
    config: Path, queue: str | None, since: str | None, until: str | None
) -> tuple[ServerSettings, float, float]:
    server = load_server(config)
    if queue is not None and queue not in server.queue:
        fail("queue.unknown", exit_code=2, queue=queue, allowed=", ".join(server.queue) or "–")
    end = time.time() if until is None else instant(until, config)
    return server, end - DAY_S if since is None else instant(since, config), end


def _report(rows: Sequence[ReportRow], zone: ZoneInfo) -> Table:
    heads = (
        "queue",
        "begins",
        "offered",
        "answered",
        "abandoned",
        "short",
        "sent_on",
        "overflowed",
        "asa",
        "longest",
        "lost",
    )
    table = Table(*(say(f"queue.col_{head}") for head in heads), *(say(f"queue.level_{name}") for name in DEFINITIONS))
    for one in rows:
        table.add_row(
            one.queue,
            f"{datetime.fromtimestamp(one.begins, zone):%m-%d %H:%M}",
            *(str(n) for n in (one.offered, one.answered, one.abandoned, one.short, one.sent_on, one.overflowed)),
            _seconds(one.asa_s),
            _seconds(one.longest_waited_s),
            share_text(one.abandonment),
            *(share_text(one.service_levels[name]) for name in DEFINITIONS),
        )
    return table


def _abandoned(rows: Sequence[AbandonedRow], zone: ZoneInfo) -> Table:
    heads = ("gone", "queue", "number", "waited", "position", "called", "reached", "call")
    table = Table(*(say(f"queue.col_{head}") for head in heads))
    for one in rows:
        reached = _instant(one.reached_at, zone)
        table.add_row(
            _instant(one.gone_at, zone),
            one.queue,
            one.number or say("queue.withheld"),
            _seconds(one.waited_s),
            str(one.position),
            _instant(one.called_at, zone),
            f"{reached} {say('queue.came_again')}" if one.came_again else reached,
            one.call,
        )
    return table


def _actions(plan: Mapping[str, Any]) -> str:
    return ", ".join(say(f"surge.action_{action}") for action in plan["actions"]) or "–"


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f} s"


def _instant(at: float | None, zone: ZoneInfo) -> str:
    return "–" if at is None else f"{datetime.fromtimestamp(at, zone):%m-%d %H:%M:%S}"
