"""``dnc``: entries of the do-not-call list made, lifted, shown, taken in and out; complaints filed.

They are written to the database; a running server takes them up within a second.
"""

import contextlib
import csv
import getpass
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from config.load import load_server
from config.model import ServerSettings
from config.words import say as say_in
from desk.dnc_ports import Barring
from store import audit, barred
from store.barred import NewBar
from store.opening import Store
from switchroom import cli_dnc_lists, dnc_entries
from switchroom.cli_run import Config
from switchroom.cli_words import LANG, Json, console, errors, fail, print_json, say
from switchroom.dnc_entries import EntryFault, Wish
from switchroom.opening import site_store
from switchroom.sheet import SheetFault, examine, rows
from telephony.donotcall import BarEntry, BarKind

Number = Annotated[str, typer.Option("--number", help=say("dnc.opt.number"))]
Customer = Annotated[str, typer.Option("--customer", help=say("dnc.opt.customer"))]
Prefix = Annotated[str, typer.Option("--prefix", help=say("dnc.opt.prefix"))]
First = Annotated[str, typer.Option("--from", help=say("dnc.opt.from"))]
Last = Annotated[str, typer.Option("--to", help=say("dnc.opt.to"))]
Campaign = Annotated[str, typer.Option("--campaign", help=say("dnc.opt.campaign"))]
Owner = Annotated[str, typer.Option("--owner", help=say("dnc.opt.owner"))]
Reason = Annotated[str, typer.Option("--reason", help=say("dnc.opt.reason"))]
Until = Annotated[str, typer.Option("--until", help=say("dnc.opt.until"))]
CONFIG = Path("server.toml")
COLUMNS = {
    "number": ("number", "phone", "号码", "电话", "手机"),
    "customer": ("customer", "客户", "客户号"),
    "prefix": ("prefix", "前缀", "号段"),
    "first": ("from", "起"),
    "last": ("to", "止"),
    "reason": ("reason", "原因"),
    "until": ("until", "截止", "有效期"),
    "campaign": ("campaign", "活动"),
    "owner": ("owner", "名单方"),
}
_FIELD = {name: field for field, names in COLUMNS.items() for name in names}
SHOWN_REJECTS = 20


def install(app: typer.Typer) -> None:
    dnc = typer.Typer(help=say("dnc.help"), no_args_is_help=True)
    for name, command in (("add", add), ("lift", lift), ("list", listed), ("import", import_entries), ("export", export), ("complaint", complaint)):  # fmt: skip
        dnc.command(name, help=say(f"dnc.{name}"))(command)
    cli_dnc_lists.install(dnc)
    app.add_typer(dnc, name="dnc")


def add(
    number: Number = "",
    customer: Customer = "",
    prefix: Prefix = "",
    first: First = "",
    last: Last = "",
    campaign: Campaign = "",
    owner: Owner = "",
    reason: Reason = "",
    until: Until = "",
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    server = load_server(config)
    with site_store(server) as opened, _faults():
        now = time.time()
        wish = Wish(
            number=number,
            customer=customer,
            prefix=prefix,
            first=first,
            last=last,
            campaign=campaign,
            owner=owner,
            reason=reason,
            until=dnc_entries.until_of(until, server.zone),
        )
        entry = dnc_entries.entry_of(wish, server.region, now)
        made = dnc_entries.add(opened, [entry], source="cli", author=_me(), now=now, chain=audit.CLI)
    if as_json:
        print_json({"entries": made})
    else:
        code = "dnc.added" if made else "dnc.known"
        console.print(say(code, id=made[0] if made else ""), markup=False, soft_wrap=True)


def lift(
    entry: Annotated[int | None, typer.Argument(help=say("dnc.opt.entry"))] = None,
    number: Number = "",
    customer: Customer = "",
    prefix: Prefix = "",
    first: First = "",
    last: Last = "",
    campaign: Campaign = "",
    owner: Owner = "",
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    server = load_server(config)
    with site_store(server) as opened, _faults():
        now = time.time()
        ids = [entry] if entry is not None else []
        if not ids:
            wish = Wish(
                number=number, customer=customer, prefix=prefix, first=first, last=last, campaign=campaign, owner=owner
            )
            ids = [one.id for one in _named(opened, dnc_entries.entry_of(wish, server.region, now))]
        lifted = dnc_entries.lift(opened, ids, author=_me(), now=now, chain=audit.CLI)
    if as_json:
        print_json({"lifted": lifted})
    else:
        console.print(say("dnc.lifted" if lifted else "dnc.none_lifted", n=lifted), markup=False, soft_wrap=True)
    if not lifted:
        raise typer.Exit(1)


def listed(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help=say("opt.limit"))] = 50,
    lifted: Annotated[bool, typer.Option("--lifted", help=say("dnc.opt.lifted"))] = False,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    server = load_server(config)
    with site_store(server) as opened:
        found = [dnc_entries.row_of(one) for one in barred.listing(opened, limit=limit, lifted=lifted)]
    if as_json:
        print_json(found)
        return
    table = Table(box=None, header_style="bold")
    for column in ("id", "kind", "what", "scope", "reason", "source", "author", "at", "until", "lifted"):
        table.add_column(say(f"dnc.column.{column}"))
    for row in found:
        table.add_row(*_cells(row, server.zone))
    console.print(table)


def import_entries(
    file: Annotated[Path, typer.Argument(help=say("dnc.opt.csv"))],
    reason: Reason = "",
    until: Until = "",
    campaign: Campaign = "",
    owner: Owner = "",
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    server = load_server(config)
    rejected: list[tuple[int, str]] = []
    given = made = 0
    with site_store(server) as opened, _faults(), _progress() as bar:
        now, task = time.time(), bar.add_task(say("dnc.importing", file=file.name), total=None)
        common = {"reason": reason, "until": until, "campaign": campaign, "owner": owner}
        waiting: list[NewBar] = []

        def hand_over() -> None:
            nonlocal made
            if waiting:
                made += len(
                    dnc_entries.add(opened, waiting, source=file.name[:60], author=_me(), now=now, chain=audit.CLI)
                )
                waiting.clear()
                bar.update(task, advance=barred.PORTION)

        for line, fields in _rows(file):
            given += 1
            try:
                waiting.append(_entry({**common, **fields}, server, now))
            except EntryFault as fault:
                rejected.append((line, fault.code))
            if len(waiting) == barred.PORTION:
                hand_over()
        hand_over()
    if as_json:
        print_json({"rows": given, "added": made, "rejected": [{"line": line, "why": why} for line, why in rejected]})
    else:
        words = {"rows": given, "added": made, "rejected": len(rejected)}
        console.print(say("dnc.imported", **words), markup=False, soft_wrap=True)
        for line, why in rejected[:SHOWN_REJECTS]:
            console.print(say("dnc.rejected_line", line=line, why=say(f"dnc.fault.{why}", why="")), markup=False)
    if rejected:
        raise typer.Exit(1)


def export(
    out: Annotated[Path, typer.Option("--out", "-o", help=say("dnc.opt.out_csv"))],
    lifted: Annotated[bool, typer.Option("--lifted", help=say("dnc.opt.lifted"))] = False,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    server = load_server(config)
    count = 0
    with site_store(server) as opened, out.open("w", encoding="utf-8-sig", newline="") as target:
        sheet = csv.writer(target)
        sheet.writerow(Barring.__struct_fields__)
        before: int | None = None
        while portion := barred.listing(opened, limit=1000, before=before, lifted=lifted):
            for row in map(dnc_entries.row_of, portion):
                cells = [getattr(row, name) for name in Barring.__struct_fields__]
                sheet.writerow([f"'{cell}" if str(cell)[:1] in ("=", "+", "-", "@") else cell for cell in cells])
            count, before = count + len(portion), portion[-1].id
        audit.act(opened, actor=_me(), act="dnc.export", about=out.name, now=time.time(), entries=count)
    if as_json:
        print_json({"entries": count, "file": str(out)})
    else:
        console.print(say("dnc.exported", n=count, file=out), markup=False, soft_wrap=True)


def complaint(
    number: Number = "",
    customer: Customer = "",
    how: Annotated[str, typer.Option("--how", help=say("dnc.opt.how"))] = "phone",
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    server = load_server(config)
    with site_store(server) as opened, _faults():
        filed = dnc_entries.complain(
            opened,
            number=number,
            customer=customer,
            how=how,
            author=_me(),
            region=server.region,
            now=time.time(),
            chain=audit.CLI,
        )
    if as_json:
        print_json(filed)
    else:
        words = {"customers": filed.customers, "numbers": filed.numbers}
        console.print(say("dnc.complained", **words), markup=False, soft_wrap=True)


def _entry(fields: dict[str, str], server: ServerSettings, now: float) -> NewBar:
    until = dnc_entries.until_of(fields.pop("until"), server.zone)
    return dnc_entries.entry_of(Wish(**fields, until=until), server.region, now)


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file by the fields of its heading; without a heading the first column is the number."""
    try:
        sheet = examine(file)
    except SheetFault as fault:
        fail("leads.unreadable", exit_code=2, file=file, why=say_in(LANG, f"intake.{fault.code}", **fault.words))
    heads: list[str | None] | None = None
    for line, cells in rows(sheet, lambda _: None):
        if isinstance(cells, str):
            yield line, {"number": "?"}
            continue
        if heads is None:
            heads = [_FIELD.get(cell.strip().lower().lstrip("\ufeff")) for cell in cells]
            if any(heads):
                continue
            heads = ["number"]
        yield line, {field: cell.strip() for field, cell in zip(heads, cells, strict=False) if field and cell.strip()}


def _named(opened: Store, entry: NewBar) -> list[BarEntry]:
    key = opened.number_key(entry.number) if entry.kind is BarKind.NUMBER and entry.number is not None else 0
    scope = {"campaign": entry.campaign, "owner": entry.owner}
    return barred.naming(opened, number_key=key, customer=entry.customer, low=entry.low, high=entry.high, **scope)


def _cells(row: Barring, zone: str) -> list[str]:
    def day(at: float | None) -> str:
        return "" if at is None else f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%Y-%m-%d %H:%M}"

    scope = row.campaign or (f"@{row.owner}" if row.owner else "*")
    lifted = f"{day(row.lifted_at)} {row.lifted_by}".strip()
    kind = say(f"dnc.kind.{row.kind}")
    return [
        *(str(row.id), kind, row.what, scope, row.reason, row.source, row.author),
        *(day(row.at), day(row.until), lifted),
    ]


def _me() -> str:
    return getpass.getuser()


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    """Within it what is wrong with an entry ends the command with one clear error."""
    try:
        yield
    except EntryFault as fault:
        fail(f"dnc.fault.{fault.code}", exit_code=2, **{"why": "", **fault.words})


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"), console=errors, transient=True
    )
