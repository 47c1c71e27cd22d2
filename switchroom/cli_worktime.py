"""``agent history|utilisation|force|skills`` and ``break …``: agents' time and leaders' words at the command line."""

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from config.load import load_server
from switchroom.cli_batches import instant
from switchroom.cli_floor import Remote, ServerFile, Token, Url
from switchroom.cli_tables import clock_text, reason_text, share_text
from switchroom.cli_words import Json, console, fail, print_json, say
from telephony.agents import Force

One = Annotated[str, typer.Argument(help=say("worktime.agent"))]
Since = Annotated[str | None, typer.Option("--since", help=say("queue.since"))]
Until = Annotated[str | None, typer.Option("--until", help=say("queue.until"))]
Why = Annotated[str, typer.Option("--why", help=say("worktime.why"))]
DAY_S = 86_400.0
SERVER = Path("server.toml")


def install(app: typer.Typer, agent: typer.Typer) -> None:
    """`agent` is the group of commands about agents."""
    agent.command("history", help=say("worktime.history"))(history)
    agent.command("utilisation", help=say("worktime.utilisation"))(utilisation)
    agent.command("force", help=say("worktime.force"))(force)
    agent.command("skills", help=say("worktime.skills"))(skills)
    tokens = typer.Typer(help=say("worktime.breaks"), no_args_is_help=True)
    tokens.command("list", help=say("worktime.break_list"))(break_list)
    for verb in ("ask", "take", "withdraw", "end"):
        tokens.command(verb, help=say(f"worktime.break_{verb}"))(_own(verb))
    for verb in ("grant", "refuse", "take-back"):
        tokens.command(verb, help=say(f"worktime.break_{verb.replace('-', '_')}"))(_lead(verb.replace("-", "_")))
    tokens.command("extend", help=say("worktime.break_extend"))(extend)
    app.add_typer(tokens, name="break")


def history(
    agent: One,
    since: Since = None,
    until: Until = None,
    url: Url = None,
    token: Token = None,
    config: ServerFile = SERVER,
    as_json: Json = False,
) -> None:
    rows = Remote(url, token, config).ask(
        "GET", f"/agents/{quote(agent, safe='')}/history?{_span(since, until, config)}"
    )
    if as_json:
        print_json(rows)
        return
    zone = _zone(config)
    table = Table(*(say(f"worktime.col_{head}") for head in ("begins", "for", "state", "reason", "verb", "actor")))
    for row in rows:
        end = row["ended_at"] if row["ended_at"] is not None else time.time()
        table.add_row(
            _at(row["began_at"], zone),
            clock_text(end - row["began_at"]),
            say(f"state.{row['state']}"),
            reason_text(row["reason"]) if row["reason"] else "",
            row["verb"],
            row["actor"],
        )
    console.print(table)


def utilisation(
    agent: Annotated[str | None, typer.Argument(help=say("worktime.agent"))] = None,
    since: Since = None,
    until: Until = None,
    url: Url = None,
    token: Token = None,
    config: ServerFile = SERVER,
    as_json: Json = False,
) -> None:
    query = _span(since, until, config) + (f"&{urlencode({'agent': agent})}" if agent else "")
    rows = Remote(url, token, config).ask("GET", f"/utilisation?{query}")
    if as_json:
        print_json(rows)
        return
    heads = ("agent", "signed_in", "handling", "available", "productive", "unproductive", "utilisation", "occupancy")
    table = Table(*(say(f"worktime.col_{head}") for head in (*heads, "adherence", "late", "early", "overstays")))
    for row in rows:
        spans = [clock_text(row[f"{head}_s"]) for head in heads[1:6]]
        shares = [share_text(row[head]) for head in ("utilisation", "occupancy", "adherence")]
        edges = [clock_text(row["late_s"]), clock_text(row["early_s"]), str(row["overstays"])]
        table.add_row(row["agent"], *spans, *shares, *edges)
    console.print(table)


def force(
    agent: One,
    what: Annotated[Force, typer.Argument(help=say("worktime.what"))],
    reason: Annotated[str, typer.Option("--reason", help=say("agent.reason"))] = "",
    why: Why = "",
    url: Url = None,
    token: Token = None,
    config: ServerFile = SERVER,
) -> None:
    _put(Remote(url, token, config), agent, "force", {"what": what.value, "reason": reason, "why": why})


def skills(
    agent: One,
    given: Annotated[list[str] | None, typer.Argument(help=say("worktime.given"))] = None,
    why: Why = "",
    url: Url = None,
    token: Token = None,
    config: ServerFile = SERVER,
) -> None:
    levels: dict[str, int] = {}
    for one in given or ():
        name, sign, level = one.partition("=")
        if not sign or not level.isascii() or not level.isdigit() or not 1 <= int(level) <= 5:
            fail("worktime.bad_skill", exit_code=2, found=one)
        levels[name] = int(level)
    _put(Remote(url, token, config), agent, "skills", {"skills": levels, "why": why})


def break_list(url: Url = None, token: Token = None, config: ServerFile = SERVER, as_json: Json = False) -> None:
    view = Remote(url, token, config).ask("GET", "/breaks")
    if as_json:
        print_json(view)
        return
    if view["restricted"]:
        console.print(say("worktime.restricted", why=view["restricted"]), markup=False)
    zone = _zone(config)
    table = Table(*(say(f"worktime.col_{head}") for head in ("group", "agent", "state", "asked", "until")))
    for row in view["tokens"]:
        until = _at(row["until"], zone) if row["until"] is not None else ""
        state = say(f"worktime.token_{row['state']}")
        table.add_row(row["group"], row["agent"], state, _at(row["asked_at"], zone), until)
    console.print(table)


def extend(
    agent: One,
    minutes: Annotated[float, typer.Option("--minutes", min=1, max=240, help=say("worktime.minutes"))] = 5.0,
    why: Why = "",
    url: Url = None,
    token: Token = None,
    config: ServerFile = SERVER,
) -> None:
    body = {"do": "extend", "extra_s": minutes * 60, "why": why}
    _put(Remote(url, token, config), agent, "break-lead", body)


def _own(verb: str) -> Any:
    def command(agent: One, url: Url = None, token: Token = None, config: ServerFile = SERVER) -> None:
        _put(Remote(url, token, config), agent, "break", {"do": verb})

    return command


def _lead(verb: str) -> Any:
    def command(agent: One, why: Why = "", url: Url = None, token: Token = None, config: ServerFile = SERVER) -> None:
        _put(Remote(url, token, config), agent, "break-lead", {"do": verb, "why": why})

    return command


def _put(remote: Remote, agent: str, verb: str, body: dict[str, Any]) -> None:
    remote.ask("POST", f"/agents/{quote(agent, safe='')}/{verb}", body)
    console.print(say("worktime.done", agent=agent), markup=False)


def _span(since: str | None, until: str | None, config: Path) -> str:
    end = time.time() if until is None else instant(until, config)
    return urlencode({"since": end - DAY_S if since is None else instant(since, config), "until": end})


def _zone(config: Path) -> ZoneInfo | None:
    return ZoneInfo(load_server(config).zone) if config.exists() else None


def _at(at: float, zone: ZoneInfo | None) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M:%S}"
