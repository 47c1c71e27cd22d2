"""The floor at one moment, gathered from the parts for pages, the API and the command line."""

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from zoneinfo import ZoneInfo

from acd.agents import ON_A_CALL, WITH_CUSTOMER, Agent
from acd.breakdesk import BreakDesk
from acd.breaks import Token
from switchroom.house import House
from telephony.agents import AgentState
from telephony.calls import SHOWN_AS
from telephony.events import Pong
from telephony.facts import AlarmCleared, AlarmRaised, Fact, ServerChanged
from telephony.views import AgentView, AlarmView, BreaksView, BreakView, CallView, FloorView, ServerView

SHORTEST_DAY_S = 82_800.0
SHOWN_CALLS = 500
"""Most calls listed one by one; the stages count all."""


def product_version() -> str:
    try:
        return version("switchroom")
    except PackageNotFoundError:
        return "unpacked"


class Window:
    """Keeps what no part keeps (alarms, link lag) and builds the view."""

    def __init__(self, house: House, *, simulated: bool, zone: str = "UTC") -> None:
        self._house = house
        self._simulated = simulated
        self._zone = ZoneInfo(zone)
        self._day = 0.0
        self._version = product_version()
        self._alarms: dict[tuple[str, str], AlarmView] = {}
        self._servers: dict[str, ServerView] = {}
        house.outbox.watch(self.on_facts)

    def on_facts(self, now: float, facts: Sequence[Fact]) -> None:
        for fact in facts:
            match fact:
                case AlarmRaised():
                    self._alarms[(fact.alarm, fact.about)] = AlarmView(
                        alarm=fact.alarm, about=fact.about, words=fact.words, since=now
                    )
                case AlarmCleared():
                    self._alarms.pop((fact.alarm, fact.about), None)
                case ServerChanged():
                    self._server_changed(fact)
                case _:
                    pass

    def _server_changed(self, fact: ServerChanged) -> None:
        known = self._servers.get(fact.server)
        version = known.version if known is not None else ""
        if fact.state == "resyncing":
            version = fact.why
        self._servers[fact.server] = ServerView(
            id=fact.server,
            state=fact.state,
            why=fact.why if fact.state == "lost" else "",
            version=version,
            lag_ms=None,
        )

    def raised(self, alarm: str) -> list[str]:
        """What an alarm is about, each not yet cleared."""
        return [about for name, about in self._alarms if name == alarm]

    def expect(self, server: str) -> None:
        """Show a server before its link has ever been up."""
        self._servers.setdefault(server, ServerView(id=server, state="lost", why="", version="", lag_ms=None))

    def on_pong(self, event: Pong) -> None:
        known = self._servers.get(event.server)
        if known is not None:
            self._servers[event.server] = ServerView(
                id=known.id, state=known.state, why=known.why, version=known.version, lag_ms=event.lag_s * 1000
            )

    def view(self, now: float) -> FloorView:
        house = self._house
        calls = list(house.calls.calls.values())
        return FloorView(
            at=now,
            simulated=self._simulated,
            version=self._version,
            agents=tuple(_agent(a, house.acd.breaks.tokens.of(a.id), now) for a in house.acd.agents.values()),
            breaks=_breaks(house.acd.breaks),
            campaigns=house.dialer.views(now),
            calls=tuple(
                CallView(
                    id=c.id,
                    campaign=c.campaign,
                    lead=c.lead,
                    stage=SHOWN_AS[c.stage],
                    since=c.since,
                    agent=c.agent,
                    trunk=c.trunk,
                )
                for c in calls[:SHOWN_CALLS]
            ),
            trunks=tuple(house.dialer.trunk_views()),
            servers=tuple(self._servers.values()),
            alarms=tuple(self._alarms.values()),
            queues=house.figures.views(now, self._midnight(now)),
            surge=house.surge.view(now) if house.figures.queues else None,
            supervisions=house.supervision.views(),
        )

    def _midnight(self, now: float) -> float:
        """When the site's day began."""
        if not self._day <= now < self._day + SHORTEST_DAY_S:
            begin = datetime.fromtimestamp(now, self._zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
            self._day = begin.timestamp()
        return self._day


def _breaks(desk: BreakDesk) -> BreaksView:
    return BreaksView(
        tokens=tuple(
            BreakView(agent=t.agent, group=t.group, state=t.state.value, asked_at=t.asked_at, until=t.until)
            for t in desk.tokens
        ),
        restricted=desk.restricted,
    )


def _agent(agent: Agent, token: Token | None, now: float) -> AgentView:
    spent = dict(agent.spent)
    spent[agent.state] = spent.get(agent.state, 0.0) + max(0.0, now - agent.since)
    return AgentView(
        id=agent.id,
        name=agent.settings.name,
        state=agent.state.value,
        reason=agent.reason,
        since=agent.since,
        call=agent.call if agent.state in ON_A_CALL else agent.last_call if agent.state is AgentState.WRAP_UP else None,
        seated=agent.phone_ready,
        mode=agent.mode.value,
        server=agent.server,
        campaigns=tuple(agent.settings.campaigns),
        calls=agent.calls,
        talk_s=sum(spent.get(state, 0.0) for state in WITH_CUSTOMER),
        wrap_s=spent.get(AgentState.WRAP_UP, 0.0),
        idle_s=spent.get(AgentState.READY, 0.0),
        leaves_at=agent.leaves_at,
        leaves_for=agent.leaves_for,
        queues=tuple(agent.settings.queues),
        by=agent.by if agent.by != agent.id else "",
        back_at=agent.back_at if agent.state is AgentState.AUX else None,
        device=agent.device,
        break_state=token.state.value if token is not None else "",
        break_until=token.until if token is not None else None,
    )
