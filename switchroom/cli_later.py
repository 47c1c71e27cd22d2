"""``callbacks …`` and ``voicemail …``: callers who are called back, calls agents have promised, and messages, on a running server."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from switchroom.cli_floor import Remote, ServerFile, Token, Url
from switchroom.cli_tables import clock_text
from switchroom.cli_words import Json, console, fail, print_json, say

Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help=say("later.limit"))]
Which = Annotated[str, typer.Argument(help=say("later.which"))]
Message = Annotated[str, typer.Argument(help=say("later.message"))]
Agent = Annotated[str, typer.Option("--agent", help=say("later.agent"))]


def install(app: typer.Typer) -> None:
    callbacks = typer.Typer(help=say("later.callbacks"), no_args_is_help=True)
    callbacks.command("list", help=say("later.list"))(list_all)
    callbacks.command("cancel", help=say("later.cancel"))(cancel)
    callbacks.command("assign", help=say("later.assign"))(assign)
    app.add_typer(callbacks, name="callbacks")
    voicemail = typer.Typer(help=say("later.voicemail"), no_args_is_help=True)
    voicemail.command("list", help=say("later.messages"))(messages)
    voicemail.command("take", help=say("later.take"))(take)
    voicemail.command("call", help=say("later.call"))(call)
    voicemail.command("done", help=say("later.done"))(done)
    voicemail.command("play-path", help=say("later.play_path"))(play_path)
    app.add_typer(voicemail, name="voicemail")


def list_all(
    closed: Annotated[bool, typer.Option("--closed", help=say("later.closed"))] = False,
    limit: Limit = 100,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    remote = Remote(url, token, config)
    waiting = remote.ask("GET", f"/callbacks?closed={int(closed)}&limit={limit}")
    promised = remote.ask("GET", f"/promises?limit={limit}")
    if as_json:
        print_json({"callbacks": waiting, "promises": promised})
        return
    now = time.time()
    table = _table("which", "queue", "waits", "state", "agent", "tries", "note")
    for row in waiting:
        waits = clock_text(max(0.0, now - row["since"]))
        state = say(f"later.state_{row['state']}")
        table.add_row(row["callback"], row["queue"], waits, state, row["agent"], str(row["tries"]), row["why"])
    console.print(table)
    table = _table("which", "campaign", "due", "agent", "note")
    for row in promised:
        note = say("later.overdue") if row["overdue"] else ""
        table.add_row(str(row["lead"]), row["campaign"], _instant(row["promised_at"]), row["agent"] or "–", note)
    console.print(table)


def cancel(
    which: Which,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    kind = "promises" if which.isdigit() else "callbacks"
    _post(Remote(url, token, config), f"/{kind}/{quote(which, safe='')}/cancel", {}, as_json, "cancelled", which=which)


def assign(
    which: Which,
    agent: Agent = "",
    at: Annotated[str, typer.Option("--at", help=say("later.at"))] = "",
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    if not which.isdigit():
        fail("later.only_promises", exit_code=2, which=which)
    body: dict[str, Any] = {"agent": agent}
    if at:
        try:
            body["at"] = datetime.fromisoformat(at).timestamp()
        except ValueError:
            fail("later.bad_at", exit_code=2, at=at)
    _post(Remote(url, token, config), f"/promises/{which}/assign", body, as_json, "assigned", which=which)


def messages(
    everything: Annotated[bool, typer.Option("--done", help=say("later.also_done"))] = False,
    limit: Limit = 100,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    rows = Remote(url, token, config).ask("GET", f"/messages?done={int(everything)}&limit={limit}")
    if as_json:
        print_json(rows)
        return
    table = _table("which", "queue", "left", "length", "agent", "round", "note")
    for row in rows:
        length = "–" if row["seconds"] is None else clock_text(row["seconds"])
        note = row["result"] or row["why"]
        turn = "" if row["round"] is None else f"{row['round']} ({row['branch']})"
        table.add_row(row["message"], row["queue"], _instant(row["at"]), length, row["agent"] or "–", turn, note)
    console.print(table)


def take(
    message: Message,
    agent: Agent = "",
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    _verb(Remote(url, token, config), "take-message", agent, {"message": message}, as_json, "taken")


def call(
    message: Message,
    agent: Agent = "",
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    _verb(Remote(url, token, config), "call-back", agent, {"message": message}, as_json, "calls")


def done(
    message: Message,
    agent: Agent = "",
    result: Annotated[str, typer.Option("--result", help=say("later.result"))] = "solved",
    note: Annotated[str, typer.Option("--note", help=say("later.note"))] = "",
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    body = {"message": message, "result": result, "note": note}
    _verb(Remote(url, token, config), "message-done", agent, body, as_json, "noted")


def play_path(
    message: Message,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    found = Remote(url, token, config).ask("POST", f"/messages/{quote(message, safe='')}/path")
    if as_json:
        print_json(found)
    else:
        typer.echo(found["path"])


def _verb(remote: Remote, verb: str, agent: str, body: dict[str, Any], as_json: bool, word: str) -> None:
    if not agent:
        fail("later.agent_needed", exit_code=2)
    _post(remote, f"/agents/{quote(agent, safe='')}/{verb}", body, as_json, word, which=body["message"])


def _post(remote: Remote, path: str, body: dict[str, Any], as_json: bool, word: str, *, which: str) -> None:
    answer = remote.ask("POST", path, body)
    if as_json:
        print_json(answer)
    else:
        console.print(say(f"later.{word}", which=which), markup=False, soft_wrap=True)


def _table(*headings: str) -> Table:
    return Table(*(say(f"later.col_{heading}") for heading in headings))


def _instant(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%m-%d %H:%M")
