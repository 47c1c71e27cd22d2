"""``pacing-lab``: any pacing rule in any scenario, over several seeds on all cores, as a table and as plots."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from config.words import say as say_in
from simulator.lab.play import Cell, Played, Summed, play_all, summed
from simulator.lab.replay import replay_all
from simulator.lab.rules import RULES
from simulator.lab.scenarios import ScenarioFault, names, scenario
from switchroom.cli_lab_journal import Recorded, cost_lines, recorded
from switchroom.cli_run import Campaigns, Config
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
    journal: Annotated[str, typer.Option("--journal", "-j", help=say("lab.journal"))] = "",
    campaign: Annotated[str, typer.Option("--campaign", help=say("lab.campaign"))] = "",
    begin: Annotated[str, typer.Option("--from", help=say("lab.from"))] = "",
    end: Annotated[str, typer.Option("--to", help=say("lab.to"))] = "",
    config: Config = Path("server.toml"),
    campaigns: Campaigns = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=say("lab.out"))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=say("opt.json"))] = False,
) -> None:
    if (campaign or begin or end) and not journal:
        fail("lab.journal_first", exit_code=2)
    if journal and (where or agents or answer or hours):
        fail("lab.journal_alone", exit_code=2)
    _check_rules(rule or [], target or [])
    taped: Recorded | None = None
    if journal:
        taped = recorded(journal, campaign, begin, end, config, campaigns)
        cells = taped.cells(rule or [], target or [])
    else:
        cells = _cells(rule, where, agents, target, hours, answer)
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
        asked = range(first_seed, first_seed + seeds)
        for one in replay_all(taped.day, taped.terms, cells, asked) if taped else play_all(cells, asked):
            played.append(one)
            bar.advance(task)
    order = {(c.rule, c.scenario, c.agents, c.target): n for n, c in enumerate(cells)}
    played.sort(key=lambda one: (order[one.cell.rule, one.cell.scenario, one.cell.agents, one.cell.target], one.seed))
    rows = summed(played)
    was = [taped.was()] if taped else []
    shown = [*summed(was), *rows]
    files: list[Path] = []
    if out is not None:
        from simulator.lab.plots import draw

        captions = ("abandonment", "utilisation", "wait", "agents", "hours")
        words, plain = ({name: say_in(lang, f"cli.lab.axis_{name}") for name in captions} for lang in (LANG, "en"))
        files = draw(shown, [*was, *played], out, words, plain)
    if as_json:
        print_json({"rows": shown, "files": [str(file) for file in files]})
        return
    console.print(_table(shown))
    if taped:
        cost_lines(rows, sum(taped.day.talk_s) / len(taped.day.talk_s))
    for file in files:
        console.print(say("written", path=file), markup=False, soft_wrap=True)


def _cells(
    rule: list[str] | None,
    where: list[str] | None,
    agents: list[int] | None,
    target: list[float] | None,
    hours: float,
    answer: float,
) -> list[Cell]:
    cells = [
        Cell(rule=one, scenario=place, agents=crew, target=share, hours=hours, answer=answer)
        for one in rule or ["predictive", "progressive"]
        for place in where or ["stationary"]
        for crew in agents or [20]
        for share in target or [0.028]
    ]
    for cell in cells:
        if not 1 <= cell.agents <= MOST_AGENTS:
            fail("lab.bad_agents", exit_code=2, agents=cell.agents, limit=MOST_AGENTS)
        try:
            scenario(cell.scenario)
        except ScenarioFault as fault:
            fail("lab.bad_scenario", exit_code=2, why=fault, allowed=", ".join(names()))
    return cells


def _check_rules(rules: list[str], targets: list[float]) -> None:
    for rule in rules:
        if rule not in RULES:
            fail("lab.unknown_rule", exit_code=2, rule=rule, allowed=", ".join(RULES))
    for target in targets:
        if not 0.0 <= target < 1.0:
            fail("lab.bad_target", exit_code=2, target=target)


def _table(rows: list[Summed]) -> Table:
    table = Table()
    for column in ("rule", "scenario", "agents", "target"):
        table.add_column(say(f"lab.col_{column}"))
    for column in ("utilisation", "abandonment", "wait", "worst_hour", "above", "first_quarter"):
        table.add_column(say(f"lab.col_{column}"), justify="right")
    for row in rows:
        table.add_row(
            *(row.cell.rule, row.cell.scenario, str(row.cell.agents), _target(row)),
            f"{row.utilisation:.1%} ± {row.within:.1%}",
            *(f"{row.abandonment:.2%}", f"{row.wait_s:.1f}", f"{row.worst_hour:.2%}", f"{row.hours_above:.0%}"),
            f"{row.first_quarter:.1%}",
        )
    return table


def _target(row: Summed) -> str:
    return f"{row.cell.target:.2%}" if row.cell.target or row.cell.rule in RULES else "–"
