"""``pacing-lab``: any pacing rule in any scenario, over several seeds on all cores, as a table and as plots."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from config.words import say as say_in
from simulator.lab.play import Cell, Played, Summed, play_all, summed
from simulator.lab.rules import RULES
from simulator.lab.scenarios import ScenarioFault, names, scenario
from switchroom.cli_words import LANG, console, errors, fail, print_json, say

MOST_AGENTS = 2000


def install(app: typer.Typer) -> None:
    app.command("pacing-lab", help=say("lab.help"))(pacing_lab)


def pacing_lab(
    rule: Annotated[
        list[str] | None, typer.Option("--rule", "-r", help=say("lab.rule", rules=", ".join(RULES)))
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option("--scenario", "-s", help=say("lab.scenario", scenarios=", ".join(names())))
    ] = None,
    agents: Annotated[list[int] | None, typer.Option("--agents", "-n", help=say("lab.agents"))] = None,
    target: Annotated[list[float] | None, typer.Option("--target", "-t", help=say("lab.target"))] = None,
    answer: Annotated[float, typer.Option("--answer", min=0.0, max=1.0, help=say("lab.answer"))] = 0.0,
    hours: Annotated[float, typer.Option("--hours", min=0.0, max=1000.0, help=say("lab.hours"))] = 0.0,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=100, help=say("lab.seeds"))] = 4,
    first_seed: Annotated[int, typer.Option("--first-seed", min=0, help=say("lab.first_seed"))] = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=say("lab.out"))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=say("opt.json"))] = False,
) -> None:
    cells = [
        Cell(rule=one, scenario=place, agents=crew, target=share, hours=hours, answer=answer)
        for one in rule or ["predictive", "progressive"]
        for place in where or ["stationary"]
        for crew in agents or [20]
        for share in target or [0.028]
    ]
    _check(cells)
    played: list[Played] = []
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
    ) as bar:
        task = bar.add_task(say("lab.playing"), total=len(cells) * seeds)
        for one in play_all(cells, range(first_seed, first_seed + seeds)):
            played.append(one)
            bar.advance(task)
    order = {(c.rule, c.scenario, c.agents, c.target): n for n, c in enumerate(cells)}
    played.sort(key=lambda one: (order[one.cell.rule, one.cell.scenario, one.cell.agents, one.cell.target], one.seed))
    rows = summed(played)
    files: list[Path] = []
    if out is not None:
        from simulator.lab.plots import draw

        captions = ("abandonment", "utilisation", "wait", "agents", "hours")
        words, plain = ({name: say_in(lang, f"cli.lab.axis_{name}") for name in captions} for lang in (LANG, "en"))
        files = draw(rows, played, out, words, plain)
    if as_json:
        print_json({"rows": rows, "files": [str(file) for file in files]})
        return
    console.print(_table(rows))
    for file in files:
        console.print(say("written", path=file), markup=False, soft_wrap=True)


def _check(cells: list[Cell]) -> None:
    for cell in cells:
        if cell.rule not in RULES:
            fail("lab.unknown_rule", exit_code=2, rule=cell.rule, allowed=", ".join(RULES))
        if not 1 <= cell.agents <= MOST_AGENTS:
            fail("lab.bad_agents", exit_code=2, agents=cell.agents, limit=MOST_AGENTS)
        if not 0.0 <= cell.target < 1.0:
            fail("lab.bad_target", exit_code=2, target=cell.target)
        try:
            scenario(cell.scenario)
        except ScenarioFault as fault:
            fail("lab.bad_scenario", exit_code=2, why=fault, allowed=", ".join(names()))


def _table(rows: list[Summed]) -> Table:
    table = Table()
    for column in ("rule", "scenario", "agents", "target"):
        table.add_column(say(f"lab.col_{column}"))
    for column in ("utilisation", "abandonment", "wait", "worst_hour", "above", "first_quarter"):
        table.add_column(say(f"lab.col_{column}"), justify="right")
    for row in rows:
        table.add_row(
            *(row.cell.rule, row.cell.scenario, str(row.cell.agents), f"{row.cell.target:.2%}"),
            f"{row.utilisation:.1%} ± {row.within:.1%}",
            *(f"{row.abandonment:.2%}", f"{row.wait_s:.1f}", f"{row.worst_hour:.2%}", f"{row.hours_above:.0%}"),
            f"{row.first_quarter:.1%}",
        )
    return table
