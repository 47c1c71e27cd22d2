"""``agent hold`` to ``agent survey``: what agents do with calls they have, and ``survey report``, from the command line."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from switchroom.cli_floor import Remote, ServerFile, Token, Url
from switchroom.cli_words import Json, console, fail, print_json, say

One = Annotated[str, typer.Argument(help=say("oncall.agent"))]
ToAgent = Annotated[str | None, typer.Option("--agent", help=say("oncall.to_agent"))]
ToQueue = Annotated[str | None, typer.Option("--queue", help=say("oncall.to_queue"))]
ToLeader = Annotated[bool, typer.Option("--leader", help=say("oncall.to_leader"))]
ToNumber = Annotated[str | None, typer.Option("--number", help=say("oncall.to_number"))]
ToNode = Annotated[str | None, typer.Option("--node", help=say("oncall.to_node"))]
PLAIN = ("hold", "resume", "swap", "conference", "consult-end")


def install(app: typer.Typer, agent: typer.Typer) -> None:
    for verb in PLAIN:
        agent.command(verb, help=say(f"oncall.{verb.replace('-', '_')}"))(_plain(verb))
    agent.command("consult", help=say("oncall.consult"))(consult)
    agent.command("transfer", help=say("oncall.transfer"))(transfer)
    agent.command("survey", help=say("oncall.survey"))(survey)
    surveys = typer.Typer(help=say("oncall.surveys"), no_args_is_help=True)
    surveys.command("report", help=say("oncall.report"))(report)
    surveys.command("parts", help=say("oncall.parts"))(call_parts)
    app.add_typer(surveys, name="survey")


def _plain(verb: str) -> Any:
    def ask(
        agent: One,
        url: Url = None,
        token: Token = None,
        config: ServerFile = Path("server.toml"),
        as_json: Json = False,
    ) -> None:
        _put(Remote(url, token, config), agent, verb, {}, as_json)

    return ask


def consult(
    agent: One,
    to_agent: ToAgent = None,
    queue: ToQueue = None,
    leader: ToLeader = False,
    number: ToNumber = None,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    body = _party(to_agent, queue, leader, number, None)
    if not body:
        fail("oncall.one_party", exit_code=2)
    _put(Remote(url, token, config), agent, "consult", body, as_json)


def transfer(
    agent: One,
    to_agent: ToAgent = None,
    queue: ToQueue = None,
    leader: ToLeader = False,
    number: ToNumber = None,
    node: ToNode = None,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    _put(Remote(url, token, config), agent, "transfer", _party(to_agent, queue, leader, number, node), as_json)


def survey(
    agent: One,
    name: Annotated[str, typer.Option("--survey", help=say("oncall.name"))] = "",
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    _put(Remote(url, token, config), agent, "survey", {"survey": name}, as_json)


def report(
    hours: Annotated[float, typer.Option("--hours", min=0.1, max=8784, help=say("oncall.hours"))] = 24.0,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    remote = Remote(url, token, config)
    since = remote.ask("GET", "/status")["at"] - hours * 3600
    rows = remote.ask("GET", f"/surveys/report?since={since:.0f}")
    if as_json:
        print_json(rows)
        return
    names = ("agent", "talked", "sent", "answered", "transfer_rate", "answer_rate", "score")
    _table(names, [[_shown(name, row[name]) for name in names] for row in rows])


def call_parts(
    call: Annotated[str, typer.Argument(help=say("oncall.call"))],
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    rows = Remote(url, token, config).ask("GET", f"/calls/{quote(call, safe='')}/parts")
    if as_json:
        print_json(rows)
        return
    names = ("agent", "talk_s", "hold_s", "holds", "long_holds")
    _table(names, [[_shown(name, row[name]) for name in names] for row in rows])


def _table(names: tuple[str, ...], rows: list[list[str]]) -> None:
    table = Table(*(say(f"oncall.col.{name}") for name in names))
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name.endswith("_rate"):
        return f"{value:.1%}"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _party(agent: str | None, queue: str | None, leader: bool, number: str | None, node: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {
        name: value
        for name, value in (("agent", agent), ("queue", queue), ("number", number), ("node", node))
        if value is not None
    }
    if leader:
        body["leader"] = True
    if len(body) > 1:
        fail("oncall.one_party", exit_code=2)
    return body


def _put(remote: Remote, agent: str, verb: str, body: dict[str, Any], as_json: bool) -> None:
    remote.ask("POST", f"/agents/{quote(agent, safe='')}/{verb}", body)
    if as_json:
        print_json({"agent": agent, "done": verb})
    else:
        console.print(say("oncall.done", agent=agent, verb=verb), markup=False)
