"""``forecast CAMPAIGN``: what other abandonment targets would bring a running campaign, as a table and in a sentence each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer
from rich.table import Table

from switchroom.cli_floor import Remote, ServerFile, Token, Url
from switchroom.cli_words import Json, console, print_json, say

WAIT_S = 60.0


def install(app: typer.Typer) -> None:
    app.command("forecast", help=say("forecast.help"))(forecast)


def forecast(
    name: Annotated[str, typer.Argument(help=say("opt.campaign"))],
    target: Annotated[list[float] | None, typer.Option("--target", "-t", help=say("lab.target"))] = None,
    agents: Annotated[int | None, typer.Option("--agents", "-n", min=1, max=2000, help=say("forecast.agents"))] = None,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    asked: dict[str, Any] = {}
    if target:
        asked["targets"] = ",".join(f"{one:g}" for one in target)
    if agents is not None:
        asked["agents"] = agents
    query = f"?{urlencode(asked)}" if asked else ""
    found = Remote(url, token, config).ask("GET", f"/campaigns/{quote(name, safe='')}/forecast{query}", wait_s=WAIT_S)
    if as_json:
        print_json(found)
        return
    console.print(_table(found))
    for row in found["rows"][1:]:
        console.print(sentence(row, found["rows"][0]), markup=False, soft_wrap=True)


def sentence(row: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """What a target would bring, against the campaign's own."""
    seconds = row["change_s"]
    code = "same" if abs(seconds) < max(1.0, row["within_s"]) else "less" if seconds < 0 else "more"
    within = say("forecast.within", seconds=f"{row['within_s']:.0f}") if row["within_s"] >= 1.0 else ""
    return say(
        f"forecast.{code}",
        target=f"{row['target']:.1%}",
        seconds=f"{abs(seconds):.0f}",
        within=within,
        own=f"{own['target']:.1%}",
        wait=f"{row['wait_s'] - own['wait_s']:+.1f}",
    )


def _table(found: Mapping[str, Any]) -> Table:
    table = Table(
        title=say(
            "forecast.title",
            campaign=found["campaign"],
            agents=found["agents"],
            rate=f"{found['answer_rate']:.0%}",
            attempts=f"{found['attempts']:,}",
            hours=f"{found['hours']:g}",
        ),
        title_justify="left",
    )
    for column in ("target", "utilisation", "abandonment", "wait", "talk", "calls", "conversations"):
        table.add_column(say(f"forecast.col_{column}"), justify="right")
    for row in found["rows"]:
        own = say("forecast.own", rule=say(f"forecast.rule_{row['rule']}")) if row["own"] else ""
        table.add_row(
            f"{row['target']:.1%} {own}".strip(),
            *(f"{row['utilisation']:.1%}", f"{row['abandonment']:.1%}", f"{row['wait_s']:.1f}", f"{row['talk_s']:.0f}"),
            *(f"{row['calls']:,.0f}", f"{row['conversations']:,.0f}"),
        )
    return table
