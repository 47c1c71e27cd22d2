"""``call`` and ``recording``: be on a live call as a supervisor, and have recordings pause, over the API."""

import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from switchroom.cli_floor import Remote, ServerFile, Token, Url
from switchroom.cli_words import Json, console, fail, print_json, say

CallName = Annotated[str, typer.Argument(help=say("call.named"))]
CallOrNone = Annotated[str | None, typer.Argument(help=say("call.named"))]
OfAgent = Annotated[str | None, typer.Option("--agent", help=say("recording.of_agent"))]


def install(app: typer.Typer) -> None:
    call = typer.Typer(help=say("call.help"), no_args_is_help=True)
    call.command("list", help=say("call.list"))(list_calls)
    for verb in ("listen", "whisper", "barge", "takeover"):
        call.command(verb, help=say(f"call.{verb}"))(_on_call(verb))
    call.command("leave", help=say("call.leave"))(leave)
    app.add_typer(call, name="call")
    recording = typer.Typer(help=say("recording.help"), no_args_is_help=True)
    recording.command("pause", help=say("recording.pause"))(_paused("pause"))
    recording.command("resume", help=say("recording.resume"))(_paused("resume"))
    app.add_typer(recording, name="recording")


def list_calls(
    url: Url = None, token: Token = None, config: ServerFile = Path("server.toml"), as_json: Json = False
) -> None:
    rows: list[dict[str, Any]] = Remote(url, token, config).ask("GET", "/calls/live")
    if as_json:
        print_json(rows)
        return
    table = Table(*(say(f"call.column.{name}") for name in ("id", "campaign", "stage", "since", "agent", "on")))
    for row in rows:
        since = f"{max(0.0, time.time() - row['since']):.0f} s"
        on = ", ".join(row["supervisors"])
        table.add_row(row["id"], row["campaign"], say(f"stage.{row['stage']}"), since, row["agent"] or "", on)
    console.print(table)


def _on_call(verb: str) -> Any:
    def command(
        call: CallName,
        url: Url = None,
        token: Token = None,
        config: ServerFile = Path("server.toml"),
        as_json: Json = False,
    ) -> None:
        path = "take-over" if verb == "takeover" else verb
        answer = Remote(url, token, config).ask("POST", f"/calls/{quote(call, safe='')}/{path}", {})
        _done(answer, as_json, f"call.{verb}_done", call=call)

    return command


def leave(
    url: Url = None, token: Token = None, config: ServerFile = Path("server.toml"), as_json: Json = False
) -> None:
    _done(Remote(url, token, config).ask("POST", "/supervisions/leave", {}), as_json, "call.leave_done")


def _paused(verb: str) -> Any:
    def command(
        call: CallOrNone = None,
        agent: OfAgent = None,
        url: Url = None,
        token: Token = None,
        config: ServerFile = Path("server.toml"),
        as_json: Json = False,
    ) -> None:
        if (call is None) == (agent is None):
            fail("recording.call_or_agent", exit_code=2)
        path = (
            f"/calls/{quote(call, safe='')}/recording/{verb}"
            if call
            else f"/agents/{quote(agent or '', safe='')}/recording-{verb}"
        )
        answer = Remote(url, token, config).ask("POST", path, {})
        _done(answer, as_json, f"recording.{verb}_done", call=call or agent or "")

    return command


def _done(answer: Any, as_json: bool, words: str, **named: str) -> None:
    if as_json:
        print_json(answer)
    else:
        console.print(say(words, **named), markup=False, soft_wrap=True)
