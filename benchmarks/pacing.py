"""The pacing lab's stationary table and scenarios, ours beside its peers, row by row as they are done.

Everything asked is played in one pool over all cores. Every finished run goes to a file of JSON lines at once, and what
stands there is not played again: one that broke off goes on where it stopped."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import msgspec

from benchmarks.result import Result
from simulator.lab.play import Cell, Played, Summed, play_each, summed
from simulator.lab.plots import draw

HOURS = {5: 22.5, 10: 18.5, 20: 12.5, 50: 7.5, 100: 5.5, 200: 3.5, 500: 2.0}
ANSWER = (0.35, 0.20, 0.60)
PEERS = (
    "vicidial_tuned_10",
    "vicidial_tuned_5",
    "vicidial_tuned_3",
    "vicidial",
    "ratio",
    "progressive",
    "power_2",
    "issabel",
    "wombat_2",
)
SCENARIOS = ("cold", "pstep", "sine", "agents", "talkstep", "outage", "mixed")
WINNER = {
    0.20: (68.4, 77.3, 84.9, 92.2, 95.7, 98.1, 99.6),
    0.35: (73.1, 79.8, 86.0, 92.6, 96.1, 98.2, 99.7),
    0.60: (79.9, 83.5, 88.1, 93.5, 96.5, 98.5, 99.7),
}
"""Utilisation in per cent of the best known rule of this kind, by answer rate, for the crews of HOURS."""
PLOT_WORDS = {
    "abandonment": "abandoned, % of live answers",
    "utilisation": "agents' utilisation, %",
    "wait": "mean wait between calls, s",
    "agents": "agents",
}
LEAST_ABANDONED, MOST_ABANDONED = 0.028, 0.0305


def questions(seeds: int, scale: float) -> Iterator[tuple[Cell, int]]:
    """Each cell with each of its seeds, in the order they are played: ours in full, of the peers half the seeds."""
    every, half = range(1, seeds + 1), range(1, max(1, seeds // 2) + 1)
    for answer in ANSWER:
        yield from product(stationary("predictive", answer, scale), every)
        if answer == ANSWER[0]:
            yield from product(scenarios("predictive", scale), half)
            for rule in PEERS:
                yield from product(stationary(rule, answer, 0.3 * scale), half)
    for answer in ANSWER[1:]:
        for rule in PEERS:
            yield from product(stationary(rule, answer, 0.3 * scale), half)
    yield from product(scenarios("vicidial_tuned_3", scale), half)


def stationary(rule: str, answer: float, scale: float) -> Iterator[Cell]:
    for agents, hours in reversed(HOURS.items()):
        played = max(1.0, hours * scale)
        yield Cell(rule=rule, scenario="stationary", agents=agents, answer=answer, hours=played)


def scenarios(rule: str, scale: float) -> Iterator[Cell]:
    for agents in (200, 50, 20):
        for place in SCENARIOS:
            yield Cell(
                rule=rule, scenario=place, agents=agents, target=0.028, hours=max(2.0, 6.0 * min(1.0, 2.0 * scale))
            )


def run(seeds: int = 4, scale: float = 0.4, rows: str = "pacing-rows.jsonl") -> Result:
    """In how many of the 21 stationary cells ours is as busy as the best known, within the interval of the seeds, and abandons what it may."""
    kept = Path(rows)
    asked = list(questions(seeds, scale))
    wanted = {_key(*one): one for one in asked}
    done = {}
    for line in kept.read_bytes().splitlines() if kept.exists() else []:
        one = msgspec.json.decode(line, type=Played)
        if (key := _key(one.cell, one.seed)) in wanted:
            done[key] = one
    with kept.open("ab") as file:
        for played in play_each([one for key, one in wanted.items() if key not in done]):
            one = msgspec.structs.replace(played, timeline=())
            done[_key(one.cell, one.seed)] = one
            file.write(msgspec.json.encode(one) + b"\n")
            file.flush()
    found = summed([done[key] for key in wanted])
    kept.with_suffix(".md").write_text(tables(found), encoding="utf-8")
    steady = [row for row in found if row.cell.scenario == "stationary"]
    for answer in ANSWER:
        here = [row for row in steady if row.cell.answer == answer]
        folder = kept.with_suffix("") / f"answer-{100 * answer:.0f}"
        draw(here, [], folder, PLOT_WORDS, PLOT_WORDS)
    ours = [row for row in steady if row.cell.rule == "predictive"]
    good = sum(reached(row) for row in ours)
    return Result(
        name="pacing",
        unit=f"of {len(ours)} stationary cells at the best known utilisation, 2.8 to 3.05 % abandoned",
        value=good,
        limit=f"{len(ours)}",
        met=good == len(ours) if scale >= 0.4 and seeds >= 4 else None,
        notes={"seeds": seeds, "share of the hours": scale, "tables": str(kept.with_suffix(".md"))},
    )


def _key(cell: Cell, seed: int) -> bytes:
    return msgspec.json.encode((cell, seed))


def reached(row: Summed) -> bool:
    best = WINNER[row.cell.answer][list(HOURS).index(row.cell.agents)]
    as_busy = 100.0 * (row.utilisation + row.within) >= best
    return as_busy and LEAST_ABANDONED <= row.abandonment <= MOST_ABANDONED


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
