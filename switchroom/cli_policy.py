"""``policy list`` and ``policy show``: the packs of rules a campaign may name, with their sources."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from config.load import load_campaigns, load_server
from config.policy import Pack, looser_rules, packs
from config.regulations import source_text, value_text
from switchroom.cli_run import Campaigns, Config, beside
from switchroom.cli_words import LANG, Json, console, fail, print_json, say


def install(app: typer.Typer) -> None:
    policy = typer.Typer(help=say("policy.help"), no_args_is_help=True)
    policy.command("list", help=say("policy.list"))(list_packs)
    policy.command("show", help=say("policy.show"))(show)
    policy.command("check", help=say("policy.check"))(check)
    app.add_typer(policy, name="policy")


def list_packs(as_json: Json = False) -> None:
    if as_json:
        print_json([{"name": one.name, "title": one.title.say(LANG), "effective": one.effective} for one in _all()])
        return
    table = Table(say("policy.name"), say("policy.title"), say("policy.effective"), say("policy.reviewed"))
    for pack in _all():
        table.add_row(pack.name, pack.title.say(LANG), str(pack.effective), str(pack.reviewed))
    console.print(table)


def show(name: Annotated[str, typer.Argument(help=say("policy.name_help"))], as_json: Json = False) -> None:
    pack = packs().get(name)
    if pack is None:
        fail("policy.unknown", exit_code=2, name=name, allowed=", ".join(packs()))
    if as_json:
        print_json(
            {
                "name": pack.name,
                "title": pack.title.say(LANG),
                "effective": pack.effective,
                "reviewed": pack.reviewed,
                "rules": [{"setting": r.setting, "value": r.value, "source": r.source} for r in pack.rules],
                "beyond": [{"text": note.say(LANG), "source": note.source} for note in pack.beyond],
                "unverified": [note.say(LANG) for note in pack.unverified],
            }
        )
        return
    table = Table(say("policy.setting"), say("policy.value"), say("policy.source"), title=pack.title.say(LANG))
    for rule in pack.rules:
        table.add_row(rule.setting, value_text(rule.value), source_text(LANG, rule))
    console.print(table)
    for heading, notes in (("policy.beyond", pack.beyond), ("policy.unverified", pack.unverified)):
        for note in notes:
            console.print(f"{say(heading)}: {note.say(LANG)}", markup=False, soft_wrap=True)


def check(config: Config = Path("server.toml"), campaigns: Campaigns = None, as_json: Json = False) -> None:
    server = load_server(config)
    rows = []
    for name, campaign in load_campaigns(beside(config, campaigns), server).items():
        pack = packs().get(campaign.policy or server.policy.default)
        looser = [rule.setting for rule in looser_rules(campaign, pack)] if pack else []
        rows.append({"campaign": name, "policy": pack.name if pack else "none", "looser": looser})
    if as_json:
        print_json(rows)
        return
    table = Table(say("policy.campaign"), say("policy.name"), say("policy.looser"))
    for row in rows:
        table.add_row(str(row["campaign"]), str(row["policy"]), ", ".join(row["looser"]) or "–")
    console.print(table)


def _all() -> list[Pack]:
    return list(packs().values())
