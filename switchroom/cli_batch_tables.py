"""Tables of batches for the command line: the list, one batch, its trial, the forecast."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.table import Table

from switchroom.cli_tables import share_text
from switchroom.cli_words import say

Row = Mapping[str, Any]


def _table(*headings: str, title: str | None = None) -> Table:
    table = Table(show_edge=True, expand=False, title=title, title_justify="left")
    for heading in headings:
        table.add_column(say(f"batch.col.{heading}"))
    return table


def time_text(at: float | None, zone: ZoneInfo | None) -> str:
    return "–" if at is None else datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def rate_text(rate: Row) -> str:
    """``25.0 % (5.2 %–70.0 %), 3 of 12``."""
    if rate["rate"] is None:
        return "–"
    interval = f"{share_text(rate['low'])}–{share_text(rate['high'])}"
    return f"{share_text(rate['rate'])} ({interval}), {rate['count']:,} / {rate['of']:,}"


def holder_text(holder: str) -> str:
    kind, _, name = holder.partition(":")
    return f"{say(f'batch.holder.{kind}')} {name}".strip()


def batches(rows: Sequence[Row], zone: ZoneInfo | None) -> Table:
    table = _table("batch", "campaign", "state", "added", "share", "close_at", "successor")
    for row in rows:
        table.add_row(
            row["id"],
            row["campaign"],
            say(f"batch.state.{row['state']}"),
            f"{row['added']:,}",
            share_text(row["share"]),
            time_text(row["closed_at"] or row["close_at"], zone),
            row["successor"] or "–",
        )
    return table


def batch(found: Row, zone: ZoneInfo | None) -> Group:
    held = _table("holder", "leads", "open", "fresh")
    for one in found["holdings"]:
        figures = (f"{one[name]:,}" for name in ("leads", "open", "fresh"))
        held.add_row(holder_text(one["holder"]), *figures)
    parts = [batches([found["batch"]], zone), held, _measures(found["measures"], None, say("batch.so_far"))]
    if found["trial"] is not None:
        parts.append(trial(found))
    elif found["batch"]["targets"] is not None:
        parts.append(_measures(found["measures"], found["batch"]["targets"], say("batch.aims")))
    return Group(*parts)


def trial(found: Row) -> Table:
    return _measures(found["trial"], found["batch"]["targets"], say("batch.of_trial"))


def _measures(found: Row, targets: Row | None, title: str) -> Table:
    table = _table("figure", "value", "target", title=title)
    aim = targets or {}
    calls = found["calls_per_hour"]
    table.add_row(say("batch.fig.leads"), f"{found['done']:,} / {found['leads']:,}", "")
    table.add_row(say("batch.fig.attempts"), f"{found['attempts']:,}", "")
    table.add_row(say("batch.fig.connect"), rate_text(found["connect"]), share_text(aim.get("connect_rate")))
    table.add_row(say("batch.fig.success"), rate_text(found["success"]), share_text(aim.get("success_rate")))
    table.add_row(
        say("batch.fig.calls"),
        "–" if calls is None else f"{calls:.1f} ({found['agent_hours']:.1f} h)",
        f"{aim['calls_per_hour']:.1f}" if aim else "–",
    )
    return table


def forecast(rows: Sequence[Row], zone: ZoneInfo | None) -> Table:
    table = _table("campaign", "group", "left", "per_hour", "dry_at")
    for row in rows:
        dry = say("batch.lasts") if row["dry_at"] is None else time_text(row["dry_at"], zone)
        rate = "–" if row["per_hour"] is None else f"{row['per_hour']:,.0f}"
        table.add_row(row["campaign"], row["group"] or "–", f"{row['left']:,}", rate, dry)
    return table
