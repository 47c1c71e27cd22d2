"""``amd report`` and ``amd try``: how answering machine detection does on a campaign, and what detectors say of recordings."""

import time
import wave
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from config.load import load_campaigns, load_server
from config.model import AmdSettings, CampaignSettings
from switchroom.cli_floor import Remote, ServerFile, Token, Url
from switchroom.cli_run import beside
from switchroom.cli_words import Json, console, errors, fail, print_json, say

DAY_S = 86_400.0
LONGEST_S = 60.0


def install(app: typer.Typer) -> None:
    amd = typer.Typer(help=say("amd.help"), no_args_is_help=True)
    amd.command("report", help=say("amd.report"))(report)
    amd.command("try", help=say("amd.try"))(attempt)
    app.add_typer(amd, name="amd")


def report(
    campaign: Annotated[str, typer.Argument(help=say("opt.campaign"))],
    since: Annotated[str, typer.Option("--since", help=say("opt.since"))] = "",
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
    path = f"/campaigns/{quote(campaign, safe='')}/amd?since={max(0.0, at):.0f}"
    said = Remote(url, token, config).ask("GET", path)
    if as_json:
        print_json(said)
        return
    counted, rates = said["counted"], said["errors"]
    if not sum(counted[f"heard_{one}"] for one in ("human", "machine", "unsure")):
        console.print(say("amd.nothing", stage=said["stage"]), markup=False)
        return
    table = Table()
    for heading in ("figure", "value", "between"):
        table.add_column(say(f"amd.col.{heading}"), justify="left" if heading == "figure" else "right")
    for one in ("human", "machine", "unsure"):
        words = "  ".join(f"{word or '–'} {n:,}" for word, n in said["causes"].get(one, {}).items())
        table.add_row(say(f"amd.heard.{one}"), f"{counted[f'heard_{one}']:,}", words)
    table.add_row(say("amd.took"), f"{said['p50_s']:.2f} s", f"p95 {said['p95_s']:.2f} s · {said['longest_s']:.2f} s")
    table.add_row(say("amd.away"), f"{counted['away']:,}", "")
    table.add_row(
        say("amd.sampled"),
        f"{counted['sampled']:,}",
        say("amd.sampled_told", checked=counted["checked"], people=counted["checked_people"], gone=said["sample_gone"]),
    )
    table.add_row(
        say("amd.passed"),
        f"{counted['passed']:,}",
        say("amd.passed_told", spoken=counted["spoken"], machines=counted["spoken_machines"]),
    )
    for name in ("false_positive", "false_negative"):
        table.add_row(say(f"amd.{name}"), *_share(rates[name]))
    lost = rates["people_lost"]
    value = "–" if lost["value"] is None else f"{lost['value']:,.0f}"
    table.add_row(say("amd.people_lost"), value, f"{lost['low']:,.0f} – {lost['high']:,.0f}")
    console.print(table)
    if rates["people_lost"]["value"] is None:
        console.print(say("amd.unknown", disposition=said["disposition"]), markup=False)


def _share(estimate: dict[str, Any]) -> tuple[str, str]:
    value = "–" if estimate["value"] is None else f"{estimate['value']:.1%}"
    return value, f"{estimate['low']:.1%} – {estimate['high']:.1%}"


def attempt(
    files: Annotated[list[Path], typer.Argument(help=say("amd.files"))],
    campaign: Annotated[str, typer.Option("--campaign", help=say("amd.campaign"))] = "",
    campaigns: Annotated[Path | None, typer.Option("--campaigns", help=say("opt.campaigns"))] = None,
    config: ServerFile = Path("server.toml"),
    most_s: Annotated[float | None, typer.Option("--most", min=0.2, max=LONGEST_S, help=say("amd.most"))] = None,
    as_json: Json = False,
) -> None:
    from dialer.amd.asterisk_rules import AsteriskRules
    from dialer.amd.detector import RATE, listen
    from dialer.amd.pattern import Pattern

    settings = CampaignSettings(amd=AmdSettings(stage="asterisk"))
    if campaign:
        file = beside(config, campaigns)
        found = load_campaigns(file, load_server(config)).get(campaign)
        if found is None:
            fail("amd.no_campaign", exit_code=2, campaign=campaign, file=file)
        settings = found
    longest = most_s or settings.listen_s
    rows: list[dict[str, Any]] = []
    unread = 0
    for file in files:
        sound = _read(file)
        if sound is None:
            unread += 1
            continue
        for name, detector in (("asterisk", AsteriskRules(settings.amd)), ("pattern", Pattern())):
            heard = listen(detector, sound, longest)
            row: dict[str, Any] = {"file": file.name, "seconds": round(len(sound) / RATE, 2), "detector": name}
            rows.append({**row, "heard": heard.heard.value, "at_s": heard.at_s, "why": heard.why})
    if as_json:
        print_json(rows)
    elif rows:
        table = Table()
        for heading in ("file", "seconds", "detector", "heard", "at_s", "why"):
            table.add_column(say(f"amd.col.{heading}"), justify="right" if heading in ("seconds", "at_s") else "left")
        for row in rows:
            table.add_row(
                *(str(row["file"]), f"{row['seconds']:.2f}", str(row["detector"]), say(f"amd.word.{row['heard']}")),
                *(f"{row['at_s']:.2f}", str(row["why"])),
            )
        console.print(table)
    if unread:
        raise typer.Exit(1)


def _read(file: Path) -> Any:
    """The first minute at 8 kHz, of several channels the first; None, and one error, when it is no such recording."""
    import numpy as np

    from dialer.amd.detector import RATE

    try:
        with wave.open(str(file), "rb") as sound:
            rate, width, channels = sound.getframerate(), sound.getsampwidth(), sound.getnchannels()
            bytes = sound.readframes(int(LONGEST_S * rate))
    except (OSError, EOFError, wave.Error):
        errors.print(say("amd.unreadable", file=file), style="red", markup=False, soft_wrap=True)
        return None
    if width != 2 or rate % RATE:
        errors.print(
            say("amd.not_pcm", file=file, bits=8 * width, rate=rate), style="red", markup=False, soft_wrap=True
        )
        return None
    samples = np.frombuffer(bytes[: len(bytes) // (2 * channels) * 2 * channels], dtype="<i2")[::channels]
    step = rate // RATE
    if step > 1:
        whole = len(samples) // step * step
        samples = samples[:whole].reshape(-1, step).mean(axis=1).astype(np.int16)
    return samples
