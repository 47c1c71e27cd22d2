"""``abandon``: a campaign's abandon contracts, recounted from the journal for whoever audits them."""

import contextlib
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError
from rich.table import Table

from config.load import load_campaigns, load_server
from config.model import AbandonContract
from switchroom.abandonment import audited
from switchroom.cli_batches import instant
from switchroom.cli_run import Campaigns, Config, beside
from switchroom.cli_words import console, fail, print_json, say
from switchroom.opening import open_store, store_faults
from telephony.views import ContractView

Json = Annotated[bool, typer.Option("--json", help=say("opt.json"))]


def install(app: typer.Typer) -> None:
    app.command("abandon", help=say("abandon.help"))(abandon)


def abandon(
    campaign: Annotated[str, typer.Argument(help=say("opt.campaign"))],
    window: Annotated[str | None, typer.Option("--window", help=say("abandon.window"))] = None,
    at: Annotated[str | None, typer.Option("--at", help=say("abandon.at"))] = None,
    config: Config = Path("server.toml"),
    campaigns: Campaigns = None,
    as_json: Json = False,
) -> None:
    server = load_server(config)
    lines = load_campaigns(beside(config, campaigns), server)
    if campaign not in lines:
        fail("leads.no_campaign", exit_code=2, campaign=campaign, file=beside(config, campaigns))
    contracts = _over(lines[campaign].contracts, window)
    when = time.time() if at is None else instant(at, config)
    opened = open_store(server.store.url, server.key_file)
    with store_faults(server.store.url), contextlib.closing(opened):
        found = audited(opened, campaign, contracts, server.zone, when)
    if as_json:
        print_json([_plain(one) for one in found])
        return
    console.print(_table(found, ZoneInfo(server.zone)))


def _over(contracts: Sequence[AbandonContract], window: str | None) -> list[AbandonContract]:
    """The contracts over another window, when one is asked for."""
    if window is None:
        return list(contracts)
    try:
        return [AbandonContract(**{**one.model_dump(), "window": window}) for one in contracts]
    except ValidationError:
        fail("abandon.bad_window", exit_code=2, window=window)


def _plain(one: ContractView) -> dict[str, object]:
    return {name: getattr(one, name) for name in ContractView.__struct_fields__}


def _table(found: Sequence[ContractView], zone: ZoneInfo) -> Table:
    heads = ("name", "target", "rate", "abandoned", "counted", "left", "begins", "until")
    table = Table(*(say(f"abandon.col_{head}") for head in heads))
    for one in found:
        begins = _instant(one.begins, zone) if one.begins else say("abandon.ever")
        rate = "–" if one.rate is None else f"{one.rate:.2%}"
        figures = (f"{one.target:.2%}", rate, str(one.abandoned), str(one.counted), str(one.left))
        table.add_row(one.name, *figures, begins, _instant(one.at, zone))
    return table


def _instant(at: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M:%S}"
