"""``acd why`` and ``agent certify|decertify|certificates``: why an agent was chosen, and who may serve which skill."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from switchroom.cli_floor import Remote, ServerFile, Token, Url
from switchroom.cli_words import LANG, Json, console, print_json, say

Call = Annotated[str, typer.Argument(help=say("acd.call"))]
Agent = Annotated[str, typer.Argument(help=say("agent.one"))]
Skill = Annotated[str, typer.Argument(help=say("agent.skill"))]


def install(app: typer.Typer) -> None:
    acd = typer.Typer(help=say("acd.help"), no_args_is_help=True)
    acd.command("why", help=say("acd.why"))(why)
    app.add_typer(acd, name="acd")


def why(
    call: Call, url: Url = None, token: Token = None, config: ServerFile = Path("server.toml"), as_json: Json = False
) -> None:
    rows = Remote(url, token, config).ask("GET", f"/calls/{quote(call, safe='')}/why")
    if as_json:
        print_json(rows)
        return
    for row in rows:
        text = row["zh"] if LANG == "zh-CN" else row["en"]
        line = say("acd.offered", at=_instant(row["at"]), agent=row["agent"], campaign=row["campaign"], why=text)
        failed = say("acd.not_taken", why=row["failed"]) if row["failed"] else ""
        console.print(line + failed, markup=False, soft_wrap=True)


def certify(
    agent: Agent,
    skill: Skill,
    days: Annotated[float | None, typer.Option("--days", min=0.001, max=3660, help=say("agent.days"))] = None,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    _post(agent, "certify", {"skill": skill} | ({} if days is None else {"days": days}), url, token, config)
    _done("agent.certified", agent, skill, as_json)


def decertify(
    agent: Agent,
    skill: Skill,
    reason: Annotated[str, typer.Option("--why", help=say("agent.why"))] = "",
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    _post(agent, "decertify", {"skill": skill, "why": reason}, url, token, config)
    _done("agent.decertified", agent, skill, as_json)


def certificates(
    url: Url = None, token: Token = None, config: ServerFile = Path("server.toml"), as_json: Json = False
) -> None:
    rows: list[dict[str, Any]] = Remote(url, token, config).ask("GET", "/certificates")
    if as_json:
        print_json(rows)
        return
    table = Table(*(say(f"agent.col_{name}") for name in ("agent", "skill", "valid", "until", "actor")))
    for row in rows:
        until = say("agent.for_good") if row["until"] is None else _instant(row["until"])
        valid = say("agent.is_valid" if row["valid"] else "agent.not_valid")
        table.add_row(row["agent"], row["skill"], valid, until, row["actor"])
    console.print(table)


def _post(agent: str, verb: str, body: dict[str, Any], url: str | None, token: str | None, config: Path) -> None:
    Remote(url, token, config).ask("POST", f"/agents/{quote(agent, safe='')}/{verb}", body)


def _done(code: str, agent: str, skill: str, as_json: bool) -> None:
    if as_json:
        print_json({"agent": agent, "skill": skill})
    else:
        console.print(say(code, agent=agent, skill=skill), markup=False, soft_wrap=True)


def _instant(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
