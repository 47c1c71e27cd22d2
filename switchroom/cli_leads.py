"""``leads``: lists of customers taken into a campaign, the batches they became, and what of them was not taken."""

import contextlib
import getpass
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from config.load import load_campaigns, load_server
from config.model import ServerSettings
from config.words import say as say_in
from store.batches import BatchExists, BatchMoved, batch_of, batches_list
from store.left_out import rejects_of
from switchroom.cli_run import Campaigns, Config, beside
from switchroom.cli_tables import batches_table
from switchroom.cli_words import LANG, Json, console, errors, fail, print_json, say
from switchroom.intake import BrokenOff, IntakeReport, Order, good_name, take_in
from switchroom.opening import site_store
from switchroom.rejects import write_rejects
from switchroom.sheet import SheetFault
from telephony.ids import CampaignId

AGAINST = frozenset({"campaign", "live", "yesterday"})


def install(app: typer.Typer) -> None:
    leads = typer.Typer(help=say("leads.help"), no_args_is_help=True)
    leads.command("import", help=say("leads.import"))(import_leads)
    leads.command("batches", help=say("leads.batches"))(batches)
    leads.command("rejects", help=say("leads.rejects_help"))(rejects)
    app.add_typer(leads, name="leads")


def import_leads(
    file: Annotated[Path, typer.Argument(help=say("opt.csv"))],
    campaign: Annotated[str, typer.Option("--campaign", help=say("opt.campaign"))],
    batch: Annotated[str, typer.Option("--batch", help=say("opt.batch"))] = "",
    sheet: Annotated[str, typer.Option("--sheet", help=say("opt.sheet"))] = "",
    against: Annotated[str | None, typer.Option("--against", help=say("opt.against"))] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say("opt.dry_run"))] = False,
    rejects: Annotated[Path | None, typer.Option("--rejects", help=say("opt.rejects"))] = None,
    config: Config = Path("server.toml"),
    campaigns: Campaigns = None,
    as_json: Json = False,
) -> None:
    server = load_server(config)
    lines = load_campaigns(beside(config, campaigns), server)
    if campaign not in lines:
        fail("leads.no_campaign", exit_code=2, campaign=campaign, file=beside(config, campaigns))
    if batch and not good_name(batch, server.region):
        fail("leads.bad_name", exit_code=2)
    order = Order(
        path=file,
        campaign=CampaignId(campaign),
        author=_user(),
        name=batch,
        sheet=sheet,
        against=_against(against, server),
        region=server.region,
        zone=server.zone,
        agents=frozenset(agent.id for agent in server.agent),
        groups=frozenset(agent.group for agent in server.agent) - {""},
        owner=lines[campaign].owner,
        lists=server.do_not_call.list,
        share=server.batch.release,
        dry_run=dry_run,
    )
    if rejects is not None and not dry_run:
        rejects.open("a").close()
    with site_store(server) as opened:
        with _bar(say("leads.reading", file=file.name)) as progress:
            try:
                report = take_in(opened, order, progress=progress)
            except SheetFault as fault:
                fail("leads.unreadable", exit_code=2, file=file, why=_why(fault))
            except BrokenOff as broken:
                came = broken.batch
                why = _why(broken.fault)
                fail("leads.broken_off", file=file, why=why, batch=came.id, rows=came.rows, added=came.added)
            except BatchMoved:
                fail("leads.moved")
            except BatchExists:
                fail("leads.name_taken", exit_code=2, batch=batch)
        if rejects is not None and not dry_run:
            write_rejects(rejects, rejects_of(opened, report.batch), LANG)
    if as_json:
        print_json(report)
        return
    _tell(report, server)
    if rejects is not None and not dry_run:
        console.print(say("leads.rejects", file=rejects), markup=False, soft_wrap=True)


def batches(
    campaign: Annotated[str | None, typer.Option("--campaign", help=say("opt.of_campaign"))] = None,
    config: Config = Path("server.toml"),
    as_json: Json = False,
) -> None:
    server = load_server(config)
    with site_store(server) as opened:
        found = batches_list(opened, campaign=CampaignId(campaign) if campaign else None)
    if as_json:
        print_json(found)
    elif found:
        console.print(batches_table(found, server.zone))
    else:
        console.print(say("leads.no_batches"))


def rejects(
    batch: Annotated[str, typer.Argument(help=say("opt.batch_name"))],
    out: Annotated[Path, typer.Option("--out", help=say("opt.rejects_out"))],
    config: Config = Path("server.toml"),
) -> None:
    server = load_server(config)
    with site_store(server) as opened:
        if batch_of(opened, batch) is None:
            fail("leads.no_batch", exit_code=2, batch=batch)
        write_rejects(out, rejects_of(opened, batch), LANG)
    console.print(say("leads.rejects", file=out), markup=False, soft_wrap=True)


def _against(text: str | None, server: ServerSettings) -> frozenset[str]:
    if text is None:
        return frozenset(server.intake.against)
    named = frozenset(part.strip() for part in text.split(",")) - {""}
    if named == {"none"}:
        return frozenset()
    if not named or not named <= AGAINST:
        fail("leads.bad_against", exit_code=2)
    return named


def _user() -> str:
    try:
        return getpass.getuser()[:60]
    except (OSError, KeyError):
        return "cli"


@contextlib.contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int, int], None]]:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
    ) as bar:
        task = bar.add_task(title, total=None)
        yield lambda rows, done, total: bar.update(task, completed=done, total=total)


def _why(fault: SheetFault) -> str:
    return say_in(LANG, f"intake.{fault.code}", **fault.words)


def _tell(report: IntakeReport, server: ServerSettings) -> None:
    figures = {
        "batch": report.batch,
        "rows": report.rows,
        "added": report.added,
        "duplicates": sum(report.duplicates.values()),
        "rejected": sum(report.rejected.values()),
    }
    lines = []
    if report.already:
        when = datetime.fromtimestamp(report.created_at, ZoneInfo(server.zone)).strftime("%Y-%m-%d %H:%M")
        lines.append(say("leads.already", when=when, **figures))
    else:
        if report.resumed_after:
            lines.append(say("leads.resumed", line=report.resumed_after))
        lines.append(say("leads.dry" if report.dry_run else "leads.done", **figures))
    for fates in (report.duplicates, report.rejected, report.further):
        ordered = sorted(fates.items(), key=lambda item: -item[1])
        lines += [f"  {count:>8}  {say_in(LANG, f'intake.{code}')}" for code, count in ordered]
    if report.extra:
        lines.append(say("leads.extra", columns=", ".join(report.extra)))
    if report.ignored:
        lines.append(say("leads.ignored", columns=", ".join(report.ignored)))
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
