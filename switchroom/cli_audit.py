"""``audit verify|list|show``: the books proved from end to end, and what people did."""

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from config.load import load_server
from config.model import ServerSettings
from desk.masked import mask_digits
from store import audit
from store.chains import Act
from store.verifying import Broken, Heads, Proof, verify
from switchroom import anchors
from switchroom.cli_run import Config
from switchroom.cli_words import Json, console, counting, errors, fail, print_json, say
from switchroom.opening import site_store

DAY_S = 86_400.0
DIGEST = "sha256"


def install(app: typer.Typer) -> None:
    group = typer.Typer(help=say("audit.help"), no_args_is_help=True)
    group.command("verify", help=say("audit.verify"))(verify_books)
    group.command("list", help=say("audit.list"))(list_acts)
    group.command("show", help=say("audit.show"))(show_act)
    app.add_typer(group, name="audit")


def verify_books(
    anchor: Annotated[Path | None, typer.Option("--anchor", help=say("opt.anchor"))] = None,
    config: Config = Path("server.toml"),
    as_json: Json = False,
) -> None:
    server = load_server(config)
    known = _anchors(anchor)
    began = time.monotonic()
    with site_store(server) as opened:
        try:
            with counting(say("audit.reading")) as progress:
                proof = verify(opened, anchors=known, progress=progress)
        except Broken as broken:
            _broken(broken, as_json)
    _proved(proof, len(known), time.monotonic() - began, as_json)


def _anchors(path: Path | None) -> list[Heads]:
    if path is None:
        return []
    try:
        return anchors.read(path)
    except anchors.AnchorFault as fault:
        fail("audit.bad_anchor", exit_code=2, file=path, line=fault.line)


def _broken(broken: Broken, as_json: bool) -> None:
    if as_json:
        print_json({"ok": False, "table": broken.table, "row": broken.row, "why": broken.why})
    else:
        why = say(f"audit.why.{broken.why}")
        errors.print(
            say("audit.broken", table=broken.table, row=broken.row, why=why), style="red", markup=False, soft_wrap=True
        )
    raise typer.Exit(1)


def _proved(proof: Proof, known: int, took_s: float, as_json: bool) -> None:
    if as_json:
        print_json({"ok": True, "journal": proof.journal, "stamps": proof.stamps, "acts": proof.acts, "anchors": known,
                    "heads": {name: [head.n, head.digest] for name, head in proof.heads.items()}})  # fmt: skip
        return
    words = {"journal": f"{proof.journal:,}", "stamps": f"{proof.stamps:,}", "acts": f"{proof.acts:,}"}
    console.print(say("audit.proved", **words, s=f"{took_s:.1f}"), markup=False, soft_wrap=True)
    console.print(say("audit.anchored" if known else "audit.no_anchor", n=known), markup=False, soft_wrap=True)


def list_acts(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help=say("opt.limit"))] = 50,
    actor: Annotated[str | None, typer.Option("--actor", help=say("opt.actor"))] = None,
    act: Annotated[str | None, typer.Option("--act", help=say("opt.act"))] = None,
    days: Annotated[float | None, typer.Option("--days", min=0, help=say("opt.days"))] = None,
    config: Config = Path("server.toml"),
    as_json: Json = False,
) -> None:
    server = load_server(config)
    since = None if days is None else time.time() - days * DAY_S
    with site_store(server) as opened:
        acts = audit.trail(opened, limit=limit, actor=actor, act=act, since=since)
    if as_json:
        print_json(acts)
        return
    if not acts:
        console.print(say("audit.none"), markup=False)
        return
    table = Table()
    for heading in ("id", "at", "actor", "act", "about", "words"):
        table.add_column(say(f"col.{heading}"), overflow="fold")
    for one in acts:
        words = ", ".join(
            f"{name}={word[:16] if name == DIGEST else mask_digits(word[:60])}" for name, word in _words(one).items()
        )
        table.add_row(f"{one.chain}:{one.n}", _when(one, server), one.actor, one.act, mask_digits(one.about), words)
    console.print(table)


def show_act(
    act: Annotated[str, typer.Argument(help=say("opt.act_id"))],
    config: Config = Path("server.toml"),
    as_json: Json = False,
) -> None:
    chain, _, n = act.rpartition(":")
    if not chain or not n.isdigit():
        fail("audit.no_such", exit_code=2, id=act)
    server = load_server(config)
    with site_store(server) as opened:
        found = audit.one_act(opened, chain, int(n))
    if found is None:
        fail("audit.no_such", id=act)
    if as_json:
        print_json(found)
        return
    table = Table(show_header=False)
    rows: dict[str, Any] = {
        "id": act,
        "at": _when(found, server),
        "actor": found.actor,
        "act": found.act,
        "about": mask_digits(found.about),
        **{name: word if name == DIGEST else mask_digits(word) for name, word in _words(found).items()},
        "prev": found.prev,
        "hash": found.hash,
    }
    for name, value in rows.items():
        table.add_row(name, str(value))
    console.print(table)


def _words(act: Act) -> dict[str, str]:
    import msgspec

    return msgspec.json.decode(act.words, type=dict[str, str])


def _when(act: Act, server: ServerSettings) -> str:
    return datetime.fromtimestamp(act.at, ZoneInfo(server.zone)).strftime("%Y-%m-%d %H:%M:%S")
