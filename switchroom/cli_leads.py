"""``leads import``: a list of customers from a CSV file into a campaign, every rejected row reported."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from config.load import load_campaigns, load_server
from config.words import say as say_in
from store.intake import add_leads
from switchroom.cli_run import Campaigns, Config, beside
from switchroom.cli_words import LANG, console, errors, fail, print_json, say
from switchroom.intake import IntakeReport, RejectsFile, take_in
from switchroom.opening import open_store, store_faults
from switchroom.sheet import SheetFault
from telephony.ids import CampaignId


def install(app: typer.Typer) -> None:
    leads = typer.Typer(help=say("leads.help"), no_args_is_help=True)
    leads.callback()(_leads)
    leads.command("import", help=say("leads.import"))(import_leads)
    app.add_typer(leads, name="leads")


def _leads() -> None:
    """Keeps ``import`` a command of its own."""


def import_leads(
    file: Annotated[Path, typer.Argument(help=say("opt.csv"))],
    campaign: Annotated[str, typer.Option("--campaign", help=say("opt.campaign"))],
    rejects: Annotated[Path | None, typer.Option("--rejects", help=say("opt.rejects"))] = None,
    config: Config = Path("server.toml"),
    campaigns: Campaigns = None,
    as_json: Annotated[bool, typer.Option("--json", help=say("opt.json"))] = False,
) -> None:
    server = load_server(config)
    if campaign not in load_campaigns(beside(config, campaigns), server):
        fail("leads.no_campaign", exit_code=2, campaign=campaign, file=beside(config, campaigns))
    opened = open_store(server.store.url, server.key_file)
    with store_faults(server.store.url), contextlib.closing(opened), contextlib.ExitStack() as stack:
        reject = stack.enter_context(RejectsFile(rejects, LANG)) if rejects is not None else None
        bar = stack.enter_context(
            Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                TimeRemainingColumn(),
                console=errors,
                transient=True,
            )
        )
        task = bar.add_task(say("leads.reading", file=file.name), total=None)
        try:
            report = take_in(
                file,
                campaign=CampaignId(campaign),
                batch=file.stem[:60],
                region=server.region,
                zone=server.zone,
                add=lambda rows: add_leads(opened, rows),
                number_key=opened.number_key,
                reject=reject,
                progress=lambda rows, done, total: bar.update(task, completed=done, total=total),
            )
        except SheetFault as fault:
            fail("leads.unreadable", exit_code=2, file=file, why=say_in(LANG, f"intake.{fault.code}", **fault.words))
    if as_json:
        print_json(report)
        return
    console.print(say("leads.done", **_figures(report)), markup=False, soft_wrap=True)
    for code, count in sorted(report.rejected.items(), key=lambda item: -item[1]):
        console.print(f"  {count:>8}  {say_in(LANG, f'intake.{code}')}", markup=False, soft_wrap=True)
    if rejects is not None and report.rejected:
        console.print(say("leads.rejects", file=rejects), markup=False, soft_wrap=True)


def _figures(report: IntakeReport) -> dict[str, int]:
    return {
        "rows": report.rows,
        "added": report.added,
        "duplicates": report.duplicates,
        "repeated": report.repeated,
        "rejected": sum(report.rejected.values()),
    }
