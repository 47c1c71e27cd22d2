"""``dnc build`` makes a mapped list of a regulator's text file, ``dnc check`` says what bars a number, or how many of a
file are barred, or whether a mapped list is whole."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from config.load import load_campaigns, load_server
from config.model import ServerSettings
from desk.dnc_ports import Objection
from dialer.donotcall.bars import Bars, Listed
from dialer.donotcall.mapped import MAGIC, ListFault, MappedList
from store import barred
from switchroom import dnc_entries
from switchroom.cli_run import Campaigns, Config, beside
from switchroom.cli_words import Json, console, errors, fail, print_json, say
from switchroom.dnc_build import BuildFault, Built, build
from switchroom.dnc_entries import EntryFault
from switchroom.opening import site_store

CONFIG = Path("server.toml")
SHOWN = 20


def install(dnc: typer.Typer) -> None:
    dnc.command("build", help=say("dnc.build"))(build_list)
    dnc.command("check", help=say("dnc.check"))(check)


def build_list(
    file: Annotated[Path, typer.Argument(help=say("dnc.opt.text"))],
    out: Annotated[Path, typer.Option("--out", "-o", help=say("dnc.opt.out"))],
    region: Annotated[str | None, typer.Option("--region", help=say("dnc.opt.region"))] = None,
    sha256: Annotated[str | None, typer.Option("--sha256", help=say("dnc.opt.sha256"))] = None,
    open_list: Annotated[bool, typer.Option("--no-secret", help=say("dnc.opt.no_secret"))] = False,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    secret = b"" if open_list else _secret(config)
    with _bar() as bar:
        tasks = {}

        def progress(stage: str, share: float) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(say(f"dnc.stage.{stage}"), total=1.0)
            bar.update(tasks[stage], completed=share)

        try:
            built = build(file, out, secret=secret, region=region, sha256=sha256, progress=progress)
        except BuildFault as fault:
            bar.stop()
            fail(f"dnc.build_fault.{fault.code}", exit_code=2, file=file, **{"found": "", **fault.words})
        except ListFault as fault:
            bar.stop()
            fail("dnc.not_written", file=out, why=say(f"dnc.list_fault.{fault.code}"))
    if as_json:
        print_json(built)
        return
    _tell(built, out)


def check(
    what: Annotated[str, typer.Argument(help=say("dnc.opt.check"))],
    config: Config = CONFIG,
    campaigns: Campaigns = None,
    as_json: Json = False,
) -> None:
    server = load_server(config)
    if Path(what).is_file():
        _check_file(Path(what), server, as_json)
        return
    lines = load_campaigns(beside(config, campaigns), server) if beside(config, campaigns).exists() else {}
    with site_store(server) as opened:
        now = time.time()
        bars = Bars(barred.in_force(opened, now), _lists(server, opened.secret), now=now)
        try:
            number = dnc_entries.number_in(what, server.region)
        except EntryFault as fault:
            fail(f"dnc.fault.{fault.code}", exit_code=2, **{"why": "", **fault.words})
        found = dnc_entries.check(opened, bars, number, lines, now)
    if as_json:
        print_json({"number": number.masked, "objections": found})
        return
    if not found:
        console.print(say("dnc.free", number=number.masked), markup=False, soft_wrap=True)
    for answer in found:
        console.print(_sentence(number.masked, answer, server.zone), markup=False, soft_wrap=True)


def _check_file(path: Path, server: ServerSettings, as_json: bool) -> None:
    """A mapped list is read from end to end; of any other file every line is asked for."""
    with site_store(server) as opened:
        with path.open("rb") as file:
            is_list = file.read(len(MAGIC)) == MAGIC
        if is_list:
            _check_list(path, opened.secret, server.zone, as_json)
            return
        now = time.time()
        bars = Bars(barred.in_force(opened, now), _lists(server, opened.secret), now=now)
        counts: Counter[str] = Counter()
        lines: list[tuple[int, str]] = []
        with path.open(encoding="utf-8-sig", errors="replace") as texts:
            for line, text in enumerate(texts, 1):
                if not text.strip() or text.startswith("#"):
                    continue
                try:
                    number = dnc_entries.number_in(text.strip(), server.region)
                except EntryFault:
                    counts["unreadable"] += 1
                    continue
                bar = bars.objection(number, opened.number_key(number), "", "", "", now)
                counts["free" if bar is None else bar.kind] += 1
                if bar is not None:
                    lines.append((line, bar.kind))
    if as_json:
        print_json({"counts": counts, "barred": [{"line": line, "kind": kind} for line, kind in lines]})
        return
    for kind, count in sorted(counts.items()):
        console.print(f"{count:>10,}  {say(f'dnc.kind.{kind}')}", markup=False)
    for line, kind in lines[:SHOWN]:
        console.print(say("dnc.line", line=line, kind=say(f"dnc.kind.{kind}")), markup=False)


def _check_list(path: Path, secret: bytes, zone: str, as_json: bool) -> None:
    try:
        numbers = MappedList(path, secret)
        numbers.verify()
    except ListFault as fault:
        fail("dnc.bad_list", file=path, why=say(f"dnc.list_fault.{fault.code}"))
    head = numbers.head
    if as_json:
        print_json(
            {"ok": True, "numbers": head.count, "made_at": head.made_at, "source": head.source, "bytes": head.size}
        )
        return
    made = f"{datetime.fromtimestamp(head.made_at, ZoneInfo(zone)):%Y-%m-%d %H:%M}"
    console.print(
        say("dnc.whole", file=path, n=f"{head.count:,}", made=made, source=head.source), markup=False, soft_wrap=True
    )


def _lists(server: ServerSettings, secret: bytes) -> Iterator[Listed]:
    for one in server.do_not_call.list:
        try:
            yield Listed(one.name, MappedList(one.file, secret), one.campaign, one.owner)
        except ListFault as fault:
            fail("dnc.bad_list", file=one.file, why=say(f"dnc.list_fault.{fault.code}"))
        except FileNotFoundError:
            fail("dnc.bad_list", file=one.file, why=say("dnc.list_fault.missing"))


def _secret(config: Path) -> bytes:
    server = load_server(config)
    with site_store(server) as opened:
        return opened.secret


def _sentence(number: str, answer: Objection, zone: str) -> str:
    until = say("dnc.for_good")
    if answer.until is not None:
        until = say("dnc.until_then", at=f"{datetime.fromtimestamp(answer.until, ZoneInfo(zone)):%Y-%m-%d %H:%M}")
    where = say("dnc.everywhere") if not answer.campaign else say("dnc.on_campaign", campaign=answer.campaign)
    by = answer.name or (f"#{answer.id}" if answer.id else "")
    kind = say(f"dnc.kind.{answer.kind}")
    return say("dnc.objection", number=number, kind=kind, by=by, reason=answer.reason, where=where, until=until)


def _tell(built: Built, out: Path) -> None:
    words = {
        "file": out,
        "n": f"{built.numbers:,}",
        "bytes": f"{built.bytes_a_number:.2f}",
        "s": f"{built.seconds:.1f}",
        "duplicates": f"{built.duplicates:,}",
        "rejected": f"{sum(built.rejected.values()):,}",
    }
    console.print(say("dnc.built", **words), markup=False, soft_wrap=True)
    for line, why in built.rejects[:SHOWN]:
        console.print(say("dnc.rejected_line", line=line, why=why), markup=False)
    console.print(f"sha256 {built.sha256}", markup=False, soft_wrap=True)


def _bar() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=errors, transient=True)
