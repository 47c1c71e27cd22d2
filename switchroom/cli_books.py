"""``leads reveal``, ``requests …``, ``export`` and ``refusals``: the guarded books over the API of a running server."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from desk.words import say as desk_say
from switchroom.cli_floor import Remote, ServerFile, Token, Url
from switchroom.cli_words import LANG, Json, console, fail, print_json, say

DAY_S = 86_400.0
Why = Annotated[str, typer.Option("--reason", help=say("opt.reason"))]
WHAT = ("leads", "attempts", "recordings")
FORMS = ("csv", "xlsx")


def install(app: typer.Typer) -> None:
    """Add the commands; ``leads reveal`` joins the group ``leads`` when there is one."""
    leads = next((group.typer_instance for group in app.registered_groups if group.name == "leads"), None)
    if leads is not None:
        leads.command("reveal", help=say("reveal.help"))(reveal)
    requests = typer.Typer(help=say("requests.help"), no_args_is_help=True)
    requests.command("list", help=say("requests.list"))(list_requests)
    requests.command("approve", help=say("requests.approve"))(_decide("approve"))
    requests.command("refuse", help=say("requests.refuse"))(_decide("refuse"))
    app.add_typer(requests, name="requests")
    app.command("export", help=say("export.help"))(export)
    app.command("refusals", help=say("refusals.help"))(refusals)


def reveal(
    lead: Annotated[int, typer.Argument(help=say("opt.lead"), min=0)],
    reason: Why = "",
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    answer = Remote(url, token, config).ask("POST", f"/leads/{lead}/reveal", {"reason": reason})
    if as_json:
        print_json(answer)
    else:
        console.print(answer["number"], markup=False)


def list_requests(
    state: Annotated[str, typer.Option("--state", help=say("opt.request_state"))] = "open",
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    if state not in ("open", "approved", "refused", "all"):
        fail("requests.bad_state", exit_code=2, state=state)
    rows = Remote(url, token, config).ask("GET", f"/changes?state={state}&limit=1000")
    if as_json:
        print_json(rows)
        return
    if not rows:
        console.print(say("requests.none"), markup=False)
        return
    table = Table()
    for heading in ("id", "at", "actor", "lead", "state", "before", "after"):
        table.add_column(say(f"col.{heading}"), overflow="fold")
    for row in rows:
        decided = f" ({row['decider']})" if row["decider"] else ""
        table.add_row(
            *(str(row["id"]), _when(row["at"]), row["actor"], f"{row['lead']} {row['campaign']}"),
            *(say(f"requests.state.{row['state']}") + decided, _fields(row["before"]), _fields(row["after"])),
        )
    console.print(table)


def _decide(verb: str) -> Any:
    def act(
        request: Annotated[int, typer.Argument(help=say("opt.request"), min=1)],
        reason: Why = "",
        url: Url = None,
        token: Token = None,
        config: ServerFile = Path("server.toml"),
        as_json: Json = False,
    ) -> None:
        answer = Remote(url, token, config).ask("POST", f"/changes/{request}/{verb}", {"why": reason})
        if as_json:
            print_json(answer)
        else:
            console.print(say(f"requests.{verb}_done", id=request), markup=False)

    return act


def export(
    what: Annotated[str, typer.Argument(help=say("opt.export_what"))],
    out: Annotated[Path, typer.Option("--out", "-o", help=say("opt.export_out"))],
    campaign: Annotated[str | None, typer.Option("--campaign", help=say("opt.campaign"))] = None,
    form: Annotated[str, typer.Option("--format", help=say("opt.export_format"))] = "",
    whole_numbers: Annotated[bool, typer.Option("--whole-numbers", help=say("opt.whole_numbers"))] = False,
    reason: Why = "",
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
) -> None:
    form = form or out.suffix.removeprefix(".") or "csv"
    if what not in WHAT or form not in FORMS:
        fail("export.unknown", exit_code=2, what=what, form=form, all=", ".join(WHAT), forms=", ".join(FORMS))
    body = {"what": what, "format": form, "campaign": campaign, "whole_numbers": whole_numbers, "reason": reason}
    rows, digest = Remote(url, token, config).save(
        "/exports", {name: value for name, value in body.items() if value is not None}, out
    )
    console.print(say("export.done", rows=rows, file=out, digest=digest), markup=False, soft_wrap=True)


def refusals(
    since: Annotated[str, typer.Option("--since", help=say("opt.since"))] = "",
    campaign: Annotated[str | None, typer.Option("--campaign", help=say("opt.campaign"))] = None,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    from urllib.parse import quote

    at = time.time() - DAY_S
    if since:
        try:
            at = datetime.fromisoformat(since).timestamp()
        except ValueError:
            fail("refusals.bad_since", exit_code=2, since=since)
    of = f"&campaign={quote(campaign, safe='')}" if campaign else ""
    rows = Remote(url, token, config).ask("GET", f"/refusals?since={max(0.0, at):.0f}{of}")
    if as_json:
        print_json(rows)
        return
    if not rows:
        console.print(say("refusals.none"), markup=False)
        return
    table = Table()
    for heading in ("rule", "times", "first", "last", "campaign", "leads"):
        table.add_column(say(f"col.{heading}"), justify="right" if heading == "times" else "left", overflow="fold")
    for row in rows:
        table.add_row(
            *(rule_text(row["rule"]), f"{row['times']:,}", _when(row["first_at"]), _when(row["last_at"])),
            "  ".join(f"{name} {count:,}" for name, count in row["campaigns"].items()),
            ", ".join(str(lead) for lead in row["leads"]),
        )
    console.print(table)


def rule_text(rule: str) -> str:
    """A rule of the gate in words, itself when it has none."""
    return desk_say(f"rule.{rule}", "zh" if LANG == "zh-CN" else "en")


def _fields(fields: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in fields.items())


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%m-%d %H:%M:%S")
