"""``pacing-lab --journal``: a recorded day of a campaign played again under other rules and targets."""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from config.load import load_campaigns, load_server
from config.model import CampaignSettings, ServerSettings
from simulator.lab.learned import KINDS, Learned, Learner
from simulator.lab.play import Cell, Played, Summed
from simulator.lab.replay import FEWEST_OUTCOMES, FEWEST_TALKS, Terms, TooLittle, as_it_was, laws_of
from store.opening import Store
from store.queries import campaigns_between
from store.recall import facts_between
from switchroom.cli_run import beside
from switchroom.cli_words import console, errors, fail, say
from switchroom.lab_terms import lab_rule, terms_of
from switchroom.opening import open_store, store_faults

DATABASE, KEY = "switchroom.db", "number.key"
LATE_ENDS_S = 900.0
"""Calls placed within the stretch may end so much later."""
LAST_INSTANT = 4e9


class Recorded:
    """A campaign's stretch of a journal, ready to be played again."""

    def __init__(self, name: str, day: Learned, terms: Terms, settings: CampaignSettings) -> None:
        self.name = name
        self.day = day
        self.terms = terms
        self.settings = settings

    def cells(self, rules: Sequence[str], targets: Sequence[float]) -> list[Cell]:
        """The campaign's own rule and target first, then those asked for."""
        own = lab_rule(self.settings)
        asked = [(rule, target) for rule in rules or [own] for target in targets or [self.target]]
        return [self.cell(rule, target) for rule, target in dict.fromkeys([(own, self.target), *asked])]

    def cell(self, rule: str, target: float) -> Cell:
        return Cell(
            rule=rule,
            scenario=self.name,
            agents=self.day.most_agents,
            target=target,
            hours=round((self.day.until - self.day.since) / 3600.0, 2),
            tick_s=self.terms.tick_s,
        )

    @property
    def target(self) -> float:
        return self.settings.pacing.target_abandon

    def was(self) -> Played:
        """What really came of it, under the name of the journal."""
        return as_it_was(self.day, self.cell(say("lab.as_it_was"), 0.0))


def recorded(journal: str, campaign: str, begin: str, end: str, config: Path, campaigns: Path | None) -> Recorded:
    """Read it; every fault ends the command with one clear error."""
    with _opened(journal, config, campaigns) as (opened, server, lines):
        since, until = _stretch(journal, begin, end, ZoneInfo(server.zone))
        known = campaigns_between(opened, since, until)
        if not known:
            fail("lab.nothing_dialled", exit_code=2, journal=journal)
        if not campaign and len(known) > 1:
            fail("lab.which_campaign", exit_code=2, allowed=", ".join(known))
        if campaign and campaign not in known:
            fail("lab.unknown_campaign", exit_code=2, campaign=campaign, allowed=", ".join(known))
        name = campaign or known[0]
        settings = lines.get(name) or CampaignSettings(mode="predictive")
        terms = terms_of(settings, server)
        learner = Learner(name, patience_s=settings.pacing.patience_s)
        with errors.status(say("lab.reading")):
            learner.hear(facts_between(opened, since, until + LATE_ENDS_S, KINDS))
    day = learner.learned()
    try:
        laws_of(day, terms)
    except TooLittle as few:
        least = {"least": FEWEST_OUTCOMES, "least_talks": FEWEST_TALKS}
        fail("lab.too_little", exit_code=2, outcomes=few.outcomes, talks=few.talks, **least)
    when = datetime.fromtimestamp(day.since, ZoneInfo(server.zone))
    return Recorded(f"{name} {when:%Y-%m-%d %H:%M}", day, terms, settings)


def cost_lines(rows: Sequence[Summed], talk_s: float) -> None:
    """Say what each rule and target would have cost or brought an agent-hour, against the campaign's own."""
    base = rows[0]
    for row in rows[1:]:
        seconds = talk_s * (row.connected_per_hour - base.connected_per_hour)
        console.print(
            say(
                "lab.cost_less" if seconds < 0 else "lab.cost_more",
                rule=row.cell.rule,
                target=f"{row.cell.target:.1%}",
                own_rule=base.cell.rule,
                own_target=f"{base.cell.target:.1%}",
                seconds=f"{abs(seconds):.0f}",
                wait=f"{row.wait_s - base.wait_s:+.1f}",
                was=f"{base.abandonment:.2%}",
                now=f"{row.abandonment:.2%}",
            ),
            markup=False,
            soft_wrap=True,
        )


@contextlib.contextmanager
def _opened(
    journal: str, config: Path, campaigns: Path | None
) -> Iterator[tuple[Store, ServerSettings, dict[str, CampaignSettings]]]:
    folder = Path(journal)
    if (folder / DATABASE).is_file():
        server, lines = ServerSettings.model_validate({}), {}
        url, key = f"sqlite:///{folder / DATABASE}", folder / KEY
    else:
        server = load_server(config)
        lines = load_campaigns(beside(config, campaigns), server)
        url, key = server.store.url, server.key_file
    opened = open_store(url, key)
    with store_faults(url), contextlib.closing(opened):
        yield opened, server, lines


def _stretch(journal: str, begin: str, end: str, zone: ZoneInfo) -> tuple[float, float]:
    """The instants asked for, epoch seconds: a day, or the whole of a folder, within hours of the day."""
    if (Path(journal) / DATABASE).is_file():
        if begin or end:
            fail("lab.hours_of_a_day", exit_code=2)
        return 0.0, LAST_INSTANT
    today = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        day = {"today": today, "yesterday": today - timedelta(days=1)}.get(journal) or datetime.strptime(
            journal, "%Y-%m-%d"
        ).replace(tzinfo=zone)
        since = _at(day, begin) if begin else day
        until = _at(day, end) if end else day + timedelta(days=1)
    except ValueError:
        fail("lab.bad_day", exit_code=2, journal=journal, begin=begin or "–", end=end or "–")
    if until <= since:
        fail("lab.bad_day", exit_code=2, journal=journal, begin=begin or "–", end=end or "–")
    return since.timestamp(), until.timestamp()


def _at(day: datetime, text: str) -> datetime:
    hour, minute = text.split(":")
    return day.replace(hour=int(hour), minute=int(minute))
