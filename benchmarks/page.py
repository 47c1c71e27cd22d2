"""The results for people: a table on the terminal, and the table of ``docs/benchmarks.md`` between its markers."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from benchmarks.result import Result

BEGIN = "<!-- figures: begin -->"
END = "<!-- figures: end -->"


class NoMarkers(ValueError):
    """The page has no place for the figures."""


def figure(value: float) -> str:
    """A number as people read it."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def spread(result: Result) -> str:
    if result.p50 is None or result.p99 is None:
        return ""
    return f"{figure(result.p50)} / {figure(result.p99)} {result.p_unit}".strip()


def peers(result: Result) -> str:
    return "; ".join(f"{name} {figure(value)}" for name, value in result.peers.items())


def notes(result: Result) -> str:
    return "; ".join(f"{name} {figure(n) if isinstance(n, int | float) else n}" for name, n in result.notes.items())


def judged(result: Result) -> str:
    mark = {True: " ✓", False: " ✗", None: ""}[result.met]
    return f"{result.limit}{mark}"


def table(results: Sequence[Result]) -> Table:
    """All results, one row each."""
    shown = Table(show_lines=True)
    for name in ("benchmark", "value", "p50 / p99", "bar", "peers in the same run", "notes"):
        shown.add_column(name, overflow="fold")
    for r in results:
        shown.add_row(r.name, f"{figure(r.value)} {r.unit}", spread(r), judged(r), peers(r), notes(r))
    return shown


def markdown(results: Sequence[Result], command: str) -> str:
    """The table as Markdown, headed by machine, date and command."""
    first = results[0]
    machine = first.machine
    lines = [
        f"Measured on {first.date[:10]} on {machine.cpu}, {machine.cores} cores, Python {machine.python}, with",
        f"`{command}`.",
        "",
        "| benchmark | value | p50 / p99 | bar | peers in the same run | notes |",
        "|---|---|---|---|---|---|",
    ]
    for r in results:
        cells = (r.name, f"{figure(r.value)} {r.unit}", spread(r), judged(r), peers(r), notes(r))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def renew(page: Path, results: Sequence[Result], command: str) -> None:
    """Put the table between the page's markers; raises NoMarkers, or OSError when it cannot be read or written."""
    text = page.read_text(encoding="utf-8")
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise NoMarkers(f"{page}: the markers {BEGIN} and {END} are missing")
    page.write_text(f"{head}{BEGIN}\n{markdown(results, command)}\n{END}{tail}", encoding="utf-8")
