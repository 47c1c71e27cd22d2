"""Tables the command line shows: a shift's summary, the floor's figures, agents, campaigns."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from config import words
from store.batches import Batch
from switchroom.cli_words import LANG, say


def _table(*headings: str) -> Table:
    table = Table(show_edge=True, expand=False)
    for heading in headings:
        table.add_column(say(f"col.{heading}"))
    return table


def clock_text(seconds: float) -> str:
    """``1:02:03`` or ``2:03``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def share_text(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f} %"


def summary_table(summary: Mapping[str, Any]) -> Table:
    """What a virtual shift did."""
    table = _table("figure", "value")
    for name in ("placed", "answered_human", "connected", "abandoned", "gave_up", "refused"):
        table.add_row(say(f"sum.{name}"), f"{summary[name]:,}")
    spent = summary["agent_seconds"]
    paid = sum(spent[name] for name in ("talk", "wrap", "idle"))
    for name in ("talk", "wrap", "idle", "aux"):
        part = f"  ({spent[name] / paid * 100:.1f} %)" if paid and name != "aux" else ""
        table.add_row(say(f"sum.{name}"), clock_text(spent[name]) + part)
    answered = summary["connected"] + summary["abandoned"]
    table.add_row(say("sum.abandon_rate"), share_text(summary["abandoned"] / answered if answered else None))
    for outcome, count in summary["outcomes"].items():
        table.add_row(f"  {say('outcome.' + outcome)}", f"{count:,}")
    table.add_row(say("sum.invariants_checked"), f"{summary['invariants_checked']:,}")
    table.add_row(say("sum.violations"), f"{summary['violations']:,}")
    table.add_row(say("sum.digest"), summary["digest"][:16])
    table.add_row(say("sum.wall_s"), f"{summary['wall_s']:.1f} s")
    return table


def _counts(what: str, counts: Mapping[str, int]) -> str:
    return "  ".join(f"{say(f'{what}.{name}')} {count}" for name, count in counts.items() if count) or "–"


def status_table(status: Mapping[str, Any], campaigns: Sequence[Mapping[str, Any]]) -> Group:
    table = _table("figure", "value")
    table.add_row(say("st.agents"), _counts("state", status["agents"]))
    table.add_row(say("st.calls"), _counts("stage", status["calls"]))
    table.add_row(say("st.alarms"), str(status["alarms"]))
    return Group(table, campaigns_table(campaigns))


def campaigns_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """One row a campaign; the reason for its pace stands beneath, where it has room."""
    table = _table("campaign", "state", "calls", "placed", "answer_rate", "abandon_rate", "hopper")
    for row in rows:
        code, slots = row["reason_code"], row["reason_words"]
        table.add_row(
            f"{row['id']} {row['title']}".strip(),
            f"{say('campaign_state.' + row['state'])}, {say('mode.' + row['mode'])}",
            _counts("stage", row["stages"]),
            f"{row['placed']:,}",
            share_text(row["answer_rate"]),
            share_text(row["abandon_rate"]),
            str(row["hopper"]),
        )
        if code:
            table.caption = "\n".join(
                filter(None, (str(table.caption or ""), f"{row['id']}: {row['pace']:.2f}/s – {reason(code, slots)}"))
            )
    table.caption_justify = "left"
    return table


def reason(code: str, slots: Mapping[str, str]) -> str:
    """Why a campaign goes at its pace."""
    return words.say(LANG, code, **slots)


def agents_table(rows: Sequence[Mapping[str, Any]], now: float) -> Table:
    table = _table("agent", "state", "since", "call", "phone", "served", "talk", "wrap", "idle")
    for row in rows:
        reason = f" ({reason_text(row['reason'])})" if row["reason"] and row["state"] == "aux" else ""
        table.add_row(
            f"{row['id']} {row['name']}".strip(),
            say(f"state.{row['state']}") + reason,
            clock_text(max(0.0, now - row["since"])),
            row["call"] or "",
            say("phone.there" if row["seated"] else "phone.gone"),
            str(row["calls"]),
            *(clock_text(row[name]) for name in ("talk_s", "wrap_s", "idle_s")),
        )
    return table


def reason_text(name: str) -> str:
    """A reason for being not ready in words; one of the house's own as it is named."""
    text = say(f"reason.{name}")
    return name if text == f"cli.reason.{name}" else text


def batches_table(found: Sequence[Batch], zone: str) -> Table:
    """The imported lists, with what became of their rows."""
    table = _table(
        "batch", "campaign", "state", "rows", "added", "duplicates", "rejected", "imported", "author", "file"
    )
    for batch in found:
        when = datetime.fromtimestamp(batch.created_at, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
        figures = (f"{count:,}" for count in (batch.rows, batch.added, batch.duplicates, batch.rejected))
        table.add_row(
            *(escape(batch.id), batch.campaign, say(f"batch_state.{batch.state}")),
            *figures,
            *(when, escape(batch.author), escape(f"{batch.file} {batch.sheet}".strip())),
        )
    return table
