"""``example-config``, ``asterisk-config`` and ``doctor``: from nothing to a working installation."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from config import render
from config.asterisk_files import render_all
from config.faults import SettingsError
from config.load import load_campaigns, load_server
from config.model import CampaignSettings
from config.words import say as say_in
from switchroom.cli_run import Campaigns, Config, beside
from switchroom.cli_words import LANG, console, fail, print_json, say

PRIVATE = frozenset({"server.toml", "switchroom_secret.conf", "switchroom_pjsip_secrets.conf"})
"""Files with passwords: nobody but their owner may read them."""

LOOK = {"ok": "green", "warn": "yellow", "bad": "red"}


def install(app: typer.Typer) -> None:
    app.command("example-config", help=say("example.help"))(example_config)
    app.command("asterisk-config", help=say("asterisk.help"))(asterisk_config)
    app.command("doctor", help=say("doctor.help"))(doctor)


def _write(path: Path, text: str, force: bool) -> None:
    if path.exists() and path.read_text("utf-8", errors="replace") != text and not force:
        fail("exists", path=path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name in PRIVATE:
        path.touch(mode=0o600)
        path.chmod(0o600)
    path.write_text(text, encoding="utf-8")
    console.print(say("written", path=path), markup=False, soft_wrap=True)


Force = Annotated[bool, typer.Option("--force", help=say("opt.force"))]


def example_config(
    folder: Annotated[Path, typer.Argument(help=say("opt.folder"))] = Path(), force: Force = False
) -> None:
    _write(folder / "server.toml", render.example_server(), force)
    _write(folder / "campaigns.toml", render.example_campaigns(), force)


def asterisk_config(
    config: Config = Path("server.toml"),
    out: Annotated[Path, typer.Option("--out", "-o", help=say("opt.asterisk_out"))] = Path("asterisk"),
    secrets: Annotated[bool, typer.Option("--secrets", help=say("opt.secrets"))] = False,
    force: Force = False,
) -> None:
    for name, text in render_all(load_server(config), secrets=secrets).items():
        _write(out / name, text, force)
    console.print(say("asterisk.next", folder=out), markup=False, soft_wrap=True)


def doctor(
    config: Config = Path("server.toml"),
    campaigns: Campaigns = None,
    as_json: Annotated[bool, typer.Option("--json", help=say("opt.json"))] = False,
) -> None:
    from switchroom.doctor import examine

    server = load_server(config)
    lines: dict[str, CampaignSettings] = {}
    trouble = ""
    try:
        lines = load_campaigns(beside(config, campaigns), server)
    except SettingsError as error:
        trouble = error.say(LANG)
    findings = asyncio.run(examine(server, lines))
    bad = bool(trouble) or any(f.level == "bad" for f in findings)
    if as_json:
        print_json({"healthy": not bad, "campaigns": trouble or None, "findings": findings})
        raise typer.Exit(1 if bad else 0)
    table = Table(show_header=True, expand=False)
    for heading in ("doctor.level", "doctor.finding", "doctor.remedy"):
        table.add_column(say(heading))
    if trouble:
        table.add_row(f"[{LOOK['bad']}]{say('doctor.bad')}[/]", trouble, "")
    for finding in findings:
        table.add_row(
            f"[{LOOK[finding.level]}]{say('doctor.' + finding.level)}[/]",
            say_in(LANG, finding.code, **finding.words),
            say_in(LANG, finding.remedy, **finding.words) if finding.remedy else "",
        )
    console.print(table)
    raise typer.Exit(1 if bad else 0)
