"""``odds``: what a campaign has learned of who answers, and how well it tells."""

import contextlib
from math import exp
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from config.load import load_campaigns, load_server
from dialer.odds import Learned, Memory, Odds, Skill
from switchroom.cli_run import Campaigns, Config, beside
from switchroom.cli_words import console, fail, print_json, say
from switchroom.oddsbook import found
from switchroom.opening import open_store, store_faults

LEAST_CALLS = 30
SHOWN = 6


def install(app: typer.Typer) -> None:
    app.command("odds", help=say("odds.help"))(odds)


def odds(
    campaign: Annotated[str, typer.Argument(help=say("opt.campaign"))],
    config: Config = Path("server.toml"),
    campaigns: Campaigns = None,
    as_json: Annotated[bool, typer.Option("--json", help=say("opt.json"))] = False,
) -> None:
    server = load_server(config)
    if campaign not in load_campaigns(beside(config, campaigns), server):
        fail("leads.no_campaign", exit_code=2, campaign=campaign, file=beside(config, campaigns))
    opened = open_store(server.store.url, server.key_file)
    with store_faults(server.store.url), contextlib.closing(opened):
        memory = found(opened).get(campaign, Memory())
    known = Odds()
    known.remember(memory)
    skill = known.skill()
    if as_json:
        print_json({"campaign": campaign, "skill": skill, "trusted": known.trusted, "traits": memory.traits})
    elif skill is None:
        console.print(say("odds.nothing", campaign=campaign), markup=False, soft_wrap=True)
    else:
        console.print(_table(memory.traits))
        console.print(_judged(skill, trusted=known.trusted), markup=False, soft_wrap=True)


def _table(traits: tuple[Learned, ...]) -> Table:
    table = Table()
    for column in ("trait", "value"):
        table.add_column(say(f"odds.col_{column}"))
    for column in ("times", "calls"):
        table.add_column(say(f"odds.col_{column}"), justify="right")
    for kind in dict.fromkeys(one.kind for one in traits):
        seen = [one for one in traits if one.kind == kind and one.calls >= LEAST_CALLS]
        for row in sorted(seen, key=lambda one: -abs(one.weight) / one.spread)[:SHOWN]:
            times = f"×{exp(row.weight):.2f} ({exp(row.weight - row.spread):.2f}–{exp(row.weight + row.spread):.2f})"
            table.add_row(say(f"odds.kind_{kind}"), row.value, times, str(row.calls))
    return table


def _judged(skill: Skill, *, trusted: bool) -> str:
    return say(
        "odds.trusted" if trusted else "odds.not_trusted",
        calls=skill.calls,
        brier=f"{skill.brier:.4f}",
        brier_plain=f"{skill.brier_plain:.4f}",
        loss=f"{skill.loss:.4f}",
        loss_plain=f"{skill.loss_plain:.4f}",
    )
