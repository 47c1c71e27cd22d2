"""Plots of what the lab found: utilisation against abandonment, waits, and how a run went over time."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from simulator.lab.play import Cell, Played, Summed

FORMATS = ("svg", "png")
CJK = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "PingFang SC",
)
SMOOTHED = 10
"""Minutes a point of the timeline gathers."""


def draw(
    summed: Sequence[Summed],
    played: Sequence[Played],
    folder: Path,
    words: Mapping[str, str],
    plain: Mapping[str, str],
) -> list[Path]:
    """Write the plots into `folder`, as SVG and PNG; returns the files.

    `words` are the captions by name, `plain` the same in Latin letters for a machine without Chinese fonts."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import font_manager
    from matplotlib import pyplot as plt

    chinese = [name for name in CJK if name in font_manager.get_font_names()]
    words = words if chinese or all(text.isascii() for text in words.values()) else plain
    mpl.rcParams.update({"svg.fonttype": "none", "font.sans-serif": [*chinese, "DejaVu Sans"], "figure.dpi": 110})
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    several = len({row.cell.target for row in summed}) > 1

    figure, (against, waits) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for rule in dict.fromkeys(row.cell.rule for row in summed):
        rows = [row for row in summed if row.cell.rule == rule]
        against.errorbar(
            [100 * row.abandonment for row in rows],
            [100 * row.utilisation for row in rows],
            yerr=[100 * row.within for row in rows],
            fmt="o",
            label=rule,
        )
        if len({row.cell.agents for row in rows}) > 1:
            waits.plot([row.cell.agents for row in rows], [row.wait_s for row in rows], "o-", label=rule)
        else:
            waits.bar([_name(row.cell, several, "\n") for row in rows], [row.wait_s for row in rows])
    against.axvline(3.0, linestyle=":", color="grey")
    against.set(xlabel=words["abandonment"], ylabel=words["utilisation"])
    waits.set(ylabel=words["wait"])
    if len({row.cell.agents for row in summed}) > 1:
        waits.set(xlabel=words["agents"], xscale="log")
    against.legend(fontsize="small")
    files += _save(figure, folder / "rules")
    plt.close(figure)
    if not played:
        return files

    figure, axis = plt.subplots(figsize=(11, 4.0), layout="constrained")
    runs = {(row.cell.rule, row.cell.scenario, row.cell.agents, row.cell.target): row for row in played}
    for one in runs.values():
        points = [one.timeline[n : n + SMOOTHED] for n in range(0, len(one.timeline), SMOOTHED)]
        axis.plot(
            [part[0][0] / 3600.0 for part in points],
            [100.0 * sum(row[2] for row in part) / max(1, sum(row[1] for row in part)) for part in points],
            label=_name(one.cell, several, " · "),
            linewidth=1.0,
        )
    axis.axhline(3.0, linestyle=":", color="grey")
    axis.set(xlabel=words["hours"], ylabel=words["abandonment"])
    axis.legend(fontsize="small")
    files += _save(figure, folder / "timeline")
    plt.close(figure)
    return files


def _name(cell: Cell, with_target: bool, between: str) -> str:
    target = [f"{cell.target:.1%}"] if with_target and cell.target else []
    return between.join([cell.rule, *target, cell.scenario, str(cell.agents)])


def _save(figure: object, stem: Path) -> list[Path]:
    files = [stem.with_suffix(f".{form}") for form in FORMATS]
    for file in files:
        figure.savefig(file)  # type: ignore[attr-defined]
    return files
