"""``agent leave`` and ``agent stay``: announce from the command line when agents take no further call, or take it back."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from switchroom import cli_oncall, cli_routing, cli_worktime
from switchroom.cli_floor import Remote, ServerFile, Token, Url
from switchroom.cli_words import Json, console, fail, print_json, say

Named = Annotated[list[str] | None, typer.Argument(help=say("agent.named"))]
OfCampaign = Annotated[str | None, typer.Option("--campaign", help=say("agent.of_campaign"))]
WORKING = frozenset({"ready", "reserved", "ringing", "talking", "hold", "consulting", "wrap_up"})


def install(app: typer.Typer) -> None:
    agent = typer.Typer(help=say("agent.help"), no_args_is_help=True)
    agent.command("leave", help=say("agent.leave"))(leave)
    agent.command("stay", help=say("agent.stay"))(stay)
    agent.command("certify", help=say("agent.certify"))(cli_routing.certify)
    agent.command("decertify", help=say("agent.decertify"))(cli_routing.decertify)
    agent.command("certificates", help=say("agent.certificates"))(cli_routing.certificates)
    cli_worktime.install(app, agent)
    cli_oncall.install(app, agent)
    app.add_typer(agent, name="agent")


def leave(
    named: Named = None,
    campaign: OfCampaign = None,
    in_s: Annotated[float, typer.Option("--in", min=0, max=43_200, help=say("agent.in"))] = 30.0,
    reason: Annotated[str, typer.Option("--reason", help=say("agent.reason"))] = "",
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    remote = Remote(url, token, config)
    ids = [row["id"] for row in _rows(remote, named, campaign) if named or row["state"] in WORKING]
    _put(remote, ids, "leave", {"in_s": in_s, "reason": reason}, as_json)


def stay(
    named: Named = None,
    campaign: OfCampaign = None,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    remote = Remote(url, token, config)
    ids = [row["id"] for row in _rows(remote, named, campaign) if named or row["leaves_at"] is not None]
    _put(remote, ids, "stay", {}, as_json)


def _rows(remote: Remote, named: list[str] | None, campaign: str | None) -> list[dict[str, Any]]:
    """The agents meant: those named, or all who serve the campaign."""
    if bool(named) == bool(campaign):
        fail("agent.name_or_campaign", exit_code=2)
    rows: list[dict[str, Any]] = remote.ask("GET", "/agents")
    if unknown := set(named or ()) - {row["id"] for row in rows}:
        fail("agent.unknown", agents=", ".join(sorted(unknown)))
    return [row for row in rows if row["id"] in (named or ()) or campaign in row["campaigns"]]


def _put(remote: Remote, ids: list[str], verb: str, body: dict[str, Any], as_json: bool) -> None:
    for one in ids:
        remote.ask("POST", f"/agents/{quote(one, safe='')}/{verb}", body)
    if as_json:
        print_json({"agents": ids})
    else:
        console.print(say(f"agent.{verb}_done", agents=", ".join(ids) or "–"), markup=False, soft_wrap=True)
