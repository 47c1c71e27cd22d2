"""The pacing lab's stationary table and scenarios, ours beside its peers, row by row as they are done.

Every finished row goes to a file of JSON lines at once, and what stands there is not played again: a run that broke off
goes on where it stopped."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.result import Result
from simulator.lab.play import Cell, Summed, play_all, summed

HOURS = {5: 22.5, 10: 18.5, 20: 12.5, 50: 7.5, 100: 5.5, 200: 3.5, 500: 2.0}
ANSWER = (0.20, 0.35, 0.60)
PEERS = ("progressive", "power_2", "vicidial", "vicidial_tuned_3", "issabel", "wombat_2")
SCENARIOS = ("cold", "pstep", "sine", "agents", "talkstep", "outage", "mixed")
WINNER = {
    0.20: (68.4, 77.3, 84.9, 92.2, 95.7, 98.1, 99.6),
    0.35: (73.1, 79.8, 86.0, 92.6, 96.1, 98.2, 99.7),
    0.60: (79.9, 83.5, 88.1, 93.5, 96.5, 98.5, 99.7),
}
"""Utilisation in per cent of the best known rule of this kind, by answer rate, for the crews of HOURS."""
LEAST_ABANDONED, MOST_ABANDONED = 0.028, 0.0305


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row as it is kept."""

    asked: int
    row: Summed


def cells(scale: float) -> Iterator[Cell]:
    """What is asked, ours first."""
    for rule in ("predictive", *PEERS):
        share = 1.0 if rule == "predictive" else 0.3
        for answer in ANSWER:
            for agents, hours in HOURS.items():
                yield Cell(
                    rule=rule,
                    scenario="stationary",
                    agents=agents,
                    answer=answer,
                    hours=max(0.5, hours * scale * share),
                )
        if rule in ("predictive", "vicidial"):
            for place in SCENARIOS:
                for agents in (20, 50, 200):
                    yield Cell(rule=rule, scenario=place, agents=agents, target=0.028, hours=max(0.5, 6.0 * scale))


def run(seeds: int = 4, scale: float = 1.0, rows: str = "pacing-rows.jsonl") -> Result:
    """In how many of the 21 stationary cells ours is as busy as the best known and abandons what it may."""
    kept = Path(rows)
    done = [msgspec.json.decode(line, type=Row) for line in kept.read_bytes().splitlines()] if kept.exists() else []
    with kept.open("ab") as file:
        for cell in cells(scale):
            if any(one.row.cell == cell and one.asked == seeds for one in done):
                continue
            played = list(play_all([cell], range(1, seeds + 1)))
            one = Row(asked=seeds, row=summed(played)[0])
            done.append(one)
            file.write(msgspec.json.encode(one) + b"\n")
            file.flush()
    wanted = set(map(msgspec.json.encode, cells(scale)))
    found = [one.row for one in done if one.asked == seeds and msgspec.json.encode(one.row.cell) in wanted]
    kept.with_suffix(".md").write_text(tables(found), encoding="utf-8")
    ours = [row for row in found if row.cell.rule == "predictive" and row.cell.scenario == "stationary"]
    good = sum(reached(row) for row in ours)
    return Result(
        name="pacing",
        unit=f"of {len(ours)} stationary cells at the best known utilisation, 2.8 to 3.05 % abandoned",
        value=good,
        limit=f"{len(ours)}",
        met=good == len(ours) if scale >= 1.0 and seeds >= 4 else None,
        notes={"seeds": seeds, "share of the hours": scale, "tables": str(kept.with_suffix(".md"))},
    )


def reached(row: Summed) -> bool:
    best = WINNER[row.cell.answer][list(HOURS).index(row.cell.agents)]
    return 100.0 * row.utilisation >= best and LEAST_ABANDONED <= row.abandonment <= MOST_ABANDONED


def tables(rows: list[Summed]) -> str:
    """All rows as Markdown."""
    lines = [
        "| rule | scenario | answer | agents | utilisation % | abandoned % | wait s | worst hour % | first 15 min % |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cell = row.cell
        lines.append(
            f"| {cell.rule} | {cell.scenario} | {cell.answer or '–'} | {cell.agents} "
            f"| {100 * row.utilisation:.2f} ± {100 * row.within:.2f} | {100 * row.abandonment:.2f} | {row.wait_s:.1f} "
            f"| {100 * row.worst_hour:.2f} | {100 * row.first_quarter:.1f} |"
        )
    return "\n".join(lines) + "\n"
