"""Random events on the matching, held against a plain scan of all agents and calls.

Every event is checked for agents and calls given twice, given to whom may not have them, or lost; every answer of each
tenth portion of 200,000 events, and each twentieth event's of the others, is held against the scan of all. Agents come, go and learn, calls come, leave, ask for one agent or for their last one, demands widen, PBXs go and come back.
Counted are offers of an agent or a call twice, agents left free beside a call they may take, calls served before one of
their equals who is ahead, choices of less value than another, and calls that are nowhere."""

import random
import sys
import time
from typing import NamedTuple

from acd.routing import Match, Request, Router, Rule, Step, Values
from benchmarks.result import Result
from config.demands import Demand, demand

SKILLS = ("voice", "mail", "yue", "cmn", "lang.en", "lang.fr")
DEMANDS = tuple(
    demand(text)
    for text in (
        "voice", "mail", "voice>=3", "yue or cmn", "voice and yue", "voice>=2 and not mail", "lang.en>=2",
        "(yue>=2 or cmn>=2) and voice", "not voice", "cmn=3", "voice<2 and mail", "",
    )
)  # fmt: skip
VALUES = Values(
    (
        Rule(name="language", when={"language": ("*",)}, agent="lang.{language}", points=20.0, each_level=True),
        Rule(name="vip", when={"value": ("gold",)}, ahead_s=40.0, agent="voice>=4", points=15.0),
        Rule(name="known", when={"value": ("silver",)}, ahead_s=15.0),
    ),
    wait=1.0,
    idle=0.5,
    level=10.0,
)
SERVERS = ("pbx1", "pbx2")


class Known(NamedTuple):
    """A waiting call as the scan knows it."""

    request: Request
    serial: int
    ahead: float


class Trouble(Exception):
    """The router did what it must not."""


class Play:
    """A router, and a plain model of what it should do."""

    def __init__(self, seed: int, agents: int = 30, checked: bool = True) -> None:
        self.rng = random.Random(seed)
        self.router = Router(VALUES)
        self.now = 0.0
        self.checked = checked
        """Whether every answer is held against a scan, or each twentieth event's."""
        self.levels: dict[str, dict[str, int]] = {}
        self.server: dict[str, str] = {}
        self.free: dict[str, float] = {}
        self.with_call: dict[str, str] = {}
        self.away: set[str] = set()
        self.waiting: dict[str, Known] = {}
        self.up: set[str] = set(SERVERS)
        self.asked = self.served = self.withdrawn = self.events = self.bursts = 0
        for server in SERVERS:
            self.router.open(server, 0.0)
        for n in range(agents):
            name = f"a{n}"
            self.server[name] = self.rng.choice(SERVERS)
            self.levels[name] = self._some_levels()
            self.away.add(name)
            self.router.enrol(name, self.server[name], self.levels[name], 0.0)

    def _some_levels(self) -> dict[str, int]:
        return {skill: self.rng.randint(1, 5) for skill in self.rng.sample(SKILLS, self.rng.randint(1, 4))}

    def step(self) -> None:
        """One random event."""
        self.events += 1
        self.now += self.rng.expovariate(2.0)
        self._due()
        dice = self.rng.random()
        if dice < 0.30:
            self._ask()
        elif dice < 0.62:
            self._finish()
        elif dice < 0.72:
            self._withdraw()
        elif dice < 0.80:
            self._pause()
        elif dice < 0.94:
            self._return()
        elif dice < 0.97:
            self._learn()
        elif dice < 0.99:
            self._together()
        else:
            self._link()

    def _looks(self) -> bool:
        """Whether this answer is held against a scan: every one, or each twentieth event's."""
        return self.checked or self.events % 20 == 0

    def settle(self) -> None:
        """Nothing may be lost: every call asked is served, withdrawn, or waits."""
        held = {request.call for request in self.router.waiting()}
        if held != set(self.waiting):
            raise Trouble("a call is lost, or one waits that should not")
        if self.asked != self.served + self.withdrawn + len(self.waiting):
            raise Trouble("calls do not add up")
        for name in self.server:
            if self.router.is_free(name) != (name in self.free):
                raise Trouble("an agent is stuck")

    def _demand(self, known: Known) -> Demand:
        waited = self.now - known.request.entered
        return [step.demand for step in known.request.steps if step.after_s <= waited][-1]

    def _personal(self, request: Request) -> bool:
        return request.wanted is not None and (request.wanted_until is None or request.wanted_until > self.now)

    def _may(self, known: Known, agent: str) -> bool:
        request = known.request
        if self.server[agent] != request.server or request.server not in self.up:
            return False
        if self._personal(request):
            return agent == request.wanted
        return self._demand(known).meets(self.levels[agent])

    def _value(self, known: Known, agent: str) -> float:
        request, levels = known.request, self.levels[agent]
        points = 10.0 * sum(levels.get(skill, 0) for skill in self._demand(known).asks)
        language = request.traits.get("language")
        if language:
            points += 20.0 * levels.get(f"lang.{language}", 0)
        if request.traits.get("value") == "gold" and levels.get("voice", 0) >= 4:
            points += 15.0
        if request.last == agent:
            points += request.last_worth
        idle = self.now - self.free.get(agent, self.now)
        return points + self._precedence(known) + 0.5 * idle

    def _precedence(self, known: Known) -> float:
        request = known.request
        return min(request.cap, known.ahead + request.pace * (self.now - request.entered))

    def _take(self, match: Match, known: Known) -> None:
        if match.agent in self.with_call or match.agent not in self.free:
            raise Trouble("an agent is offered twice")
        if not self._may(known, match.agent):
            raise Trouble("an agent is offered a call he may not take")
        if self._looks():
            for other in self.waiting.values():
                mine, theirs = known.request, other.request
                if (
                    theirs.call != mine.call
                    and (theirs.server, theirs.pace, theirs.cap, theirs.traits, theirs.last)
                    == (mine.server, mine.pace, mine.cap, mine.traits, mine.last)
                    and not self._personal(theirs)
                    and not self._personal(mine)
                    and self._demand(other) == self._demand(known)
                    and self._precedence(other) > self._precedence(known) + 1e-6
                ):
                    raise Trouble("a call is served before one of its equals who is ahead")
        del self.free[match.agent]
        self.with_call[match.agent] = match.call
        self.served += 1

    def _ask(self) -> None:
        self.asked += 1
        rng = self.rng
        steps = [Step(0.0, rng.choice(DEMANDS))]
        steps += [Step(after, rng.choice(DEMANDS)) for after in (5.0, 12.0) if rng.random() < 0.3]
        traits: dict[str, str] = {}
        if rng.random() < 0.3:
            traits["language"] = rng.choice(("en", "fr"))
        if rng.random() < 0.2:
            traits["value"] = rng.choice(("gold", "silver", "plain"))
        wanted = rng.choice(list(self.server)) if rng.random() < 0.08 else None
        server = self.server[wanted] if wanted else rng.choice(SERVERS)
        pace, cap = rng.choice(((1.0, 1e9), (1.0, 1e9), (2.0, 60.0)))
        request = Request(
            call=f"c{self.asked}",
            server=server,
            entered=self.now - (rng.uniform(0.0, 10.0) if rng.random() < 0.1 else 0.0),
            steps=tuple(steps),
            priority=rng.choice((0.0, 0.0, 10.0)),
            pace=pace,
            cap=cap,
            traits=traits,
            wanted=wanted,
            wanted_until=self.now + rng.uniform(1.0, 30.0) if wanted else None,
            last=rng.choice(list(self.server)) if rng.random() < 0.1 else None,
            last_worth=25.0,
        )
        ahead = {"gold": 40.0, "silver": 15.0}.get(traits.get("value", ""), 0.0)
        known = Known(request, self.asked, request.priority + ahead)
        able = [agent for agent in self.free if self._may(known, agent)] if self._looks() else []
        match = self.router.ask(request, self.now)
        if match is None:
            if able:
                raise Trouble("a call waits beside a free agent")
            self.waiting[request.call] = known
            return
        if match.call != request.call:
            raise Trouble("another call was served")
        best = max(self._value(known, agent) for agent in able) if able else 0.0
        if match.agent in able and self._value(known, match.agent) < best - 1e-6:
            raise Trouble("a better agent was free")
        self._take(match, known)

    def _come_free(self, agent: str, since: float) -> None:
        able = [known for known in self.waiting.values() if self._may(known, agent)] if self._looks() else []
        match = self.router.free(agent, since, self.now)
        self.free[agent] = since
        if match is None:
            if able:
                raise Trouble("an agent is free beside a call he may take")
            return
        if match.agent != agent:
            raise Trouble("another agent was given a call")
        known = self.waiting.pop(match.call, None)
        if known is None:
            raise Trouble("a call is offered twice")
        if able and self._value(known, agent) < max(self._value(one, agent) for one in able) - 1e-6:
            raise Trouble("a call of more value waited")
        self._take(match, known)

    def _finish(self) -> None:
        if self.with_call:
            agent = self.rng.choice(list(self.with_call))
            del self.with_call[agent]
            self._come_free(agent, self.now)

    def _return(self) -> None:
        if self.away:
            agent = self.rng.choice(sorted(self.away))
            self.away.discard(agent)
            self._come_free(agent, self.now - self.rng.choice((0.0, 0.0, 50.0)))

    def _pause(self) -> None:
        if self.free:
            agent = self.rng.choice(list(self.free))
            if not self.router.busy(agent):
                raise Trouble("a free agent was not known to be free")
            del self.free[agent]
            self.away.add(agent)

    def _withdraw(self) -> None:
        if self.waiting:
            call = self.rng.choice(list(self.waiting))
            if self.router.withdraw(call) is None:
                raise Trouble("a call is lost")
            del self.waiting[call]
            self.withdrawn += 1

    def _learn(self) -> None:
        agent = self.rng.choice(list(self.server))
        self.levels[agent] = self._some_levels()
        able = [known for known in self.waiting.values() if agent in self.free and self._may(known, agent)]
        match = self.router.enrol(agent, self.server[agent], self.levels[agent], self.now)
        if match is None:
            if able:
                raise Trouble("an agent is free beside a call he may take")
            return
        known = self.waiting.pop(match.call, None)
        if known is None:
            raise Trouble("a call is offered twice")
        self._take(match, known)

    def _several(self, matches: list[Match]) -> None:
        self.bursts += len(matches) > 1
        taken = [(match, self.waiting.pop(match.call, None)) for match in matches]
        for match, known in taken:
            if known is None:
                raise Trouble("a call is offered twice")
            self._take(match, known)
        if self._looks() and any(self._may(known, agent) for known in self.waiting.values() for agent in self.free):
            raise Trouble("an agent is free beside a call he may take")

    def _due(self) -> None:
        at = self.router.next_at
        if at is not None and at <= self.now:
            self._several(self.router.due(self.now))

    def _together(self) -> None:
        back = self.rng.sample(sorted(self.away), min(len(self.away), 4))
        coming = [(agent, self.now) for agent in back]
        self.away -= set(back)
        self.free.update(coming)
        self._several(self.router.free_together(coming, self.now))

    def _link(self) -> None:
        server = self.rng.choice(SERVERS)
        if server in self.up:
            self.up.discard(server)
            self.router.shut(server)
        else:
            self.up.add(server)
            self._several(self.router.open(server, self.now))


def play(events: int, seed: int, agents: int = 30, checked: bool = True) -> Play:
    """So many random events; raises Trouble on the first that is answered wrongly."""
    one = Play(seed, agents, checked)
    for n in range(events):
        one.step()
        if n % 5000 == 0:
            one.settle()
    one.settle()
    return one


def run(events: int = 200_000) -> Result:
    """Events answered without any trouble, a second."""
    began, done, served, bursts, seed = time.perf_counter(), 0, 0, 0, 0
    wrong = ""
    while done < events:
        seed += 1
        portion = min(200_000, events - done)
        try:
            played = play(portion, seed, checked=seed % 10 == 1)
        except Trouble as trouble:
            wrong = f"{trouble} (seed {seed})"
            break
        done, served, bursts = done + portion, served + played.served, bursts + played.bursts
        print(f"{done:,} events", file=sys.stderr, flush=True)
    took = time.perf_counter() - began
    return Result(
        name="acd_events",
        unit="random events answered as a plain scan would",
        value=done,
        limit="double offers, stuck agents, calls out of order among equals, lost calls: 0",
        met=not wrong and done >= events,
        notes={"calls served": served, "bursts": bursts, "events/s": round(done / took), "trouble": wrong or "none"},
    )
