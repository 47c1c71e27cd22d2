"""What happens on the floor and drives screens: sign-in at a seat, rules on calls and alarms, presets at times of day.

Hears facts of the floor and answers with wishes of the house. The house needs no right; what it wishes is journalled.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from kvmctl.matrix.plant import Plant, Seat, TxId
from kvmctl.matrix.wishes import CallPreset, Connect, Disconnect, Said, Salvo, Wish
from kvmctl.rights import HOUSE
from telephony.agents import AgentState
from telephony.facts import AgentChanged, AlarmRaised, CallOffered, CallQueued, Fact
from telephony.screens import MatrixChanged, ScreenRefused, ScreenWished, ScreenWishEnded

AGENTS_OWN = "agent"
DAY_S = 86_400.0
AGAIN = frozenset({Said.MATRIX_DOWN, Said.OFFLINE, Said.STALE, Said.UNKNOWN_OUTCOME})
"""Ends of a seat's connection that are tried again when its matrix is back."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """When `on` happens (to this queue, alarm, agent; "" any), show a preset, or `source` on the receivers `to`."""

    on: str
    queue: str = ""
    alarm: str = ""
    agent: str = ""
    preset: str = ""
    to: tuple[str, ...] = ()
    source: str = AGENTS_OWN


class FloorRules:
    """The rules of one floor, and which spare seats stand in for which."""

    def __init__(
        self,
        plant: Plant,
        rules: Sequence[Rule] = (),
        *,
        times: Mapping[str, Sequence[float]] | None = None,
        disconnects: bool = True,
    ) -> None:
        """`times` are seconds after midnight by preset; with `disconnects` a sign-out darkens the seat's screens."""
        self.plant, self._rules = plant, rules
        self._times = dict(times or {})
        self._disconnects = disconnects
        self.stands_in: dict[str, str] = {}
        """The spare seat in the place of a failed one, by name."""
        self._hears: dict[type[Fact], Callable[[Any], Iterable[Wish]]] = {
            AgentChanged: self._agent,
            CallOffered: lambda fact: self._by_rule("call_offered", queue=fact.campaign, agent=fact.agent),
            CallQueued: lambda fact: self._by_rule("call_queued", queue=fact.queue),
            AlarmRaised: lambda fact: self._by_rule("alarm", alarm=fact.alarm),
            ScreenWished: self._wished,
            ScreenRefused: lambda fact: self._missed(fact.ticket, fact.said),
            ScreenWishEnded: lambda fact: self._missed(fact.ticket, fact.said),
            MatrixChanged: self._matrix_back,
        }
        self._signing_in: dict[str, Connect] = {}
        """By receiver the connection that a sign-in asked for, until it stands."""
        self._tickets: dict[int, str] = {}

    def on(self, fact: Fact) -> list[Wish]:
        hear = self._hears.get(type(fact))
        return list(hear(fact)) if hear is not None else []

    def seat_of(self, agent: str) -> Seat | None:
        """Where the agent sits: his own seat, or the spare one that stands in for it."""
        seat = self.plant.seat_of(agent)
        while seat is not None and (spare := self.stands_in.get(seat.name)) is not None:
            seat = self.plant.seats[spare]
        return seat

    def take_over(self, failed: str, spare: str) -> tuple[str, ...]:
        """The spare stands in from now on; the agents who move."""
        agents = [agent for seat in self.plant.seats.values() for agent in seat.agents]
        moving = tuple(agent for agent in agents if (seat := self.seat_of(agent)) and seat.name == failed)
        self.stands_in = {name: at for name, at in self.stands_in.items() if at != spare and name != spare}
        self.stands_in[failed] = spare
        return moving

    def give_back(self, failed: str) -> tuple[str, ...]:
        """The seat works again: its agents come back to it."""
        self.stands_in.pop(failed, None)
        return self.moved(failed)

    def moved(self, failed: str) -> tuple[str, ...]:
        """The agents whose seat that is."""
        seat = self.plant.seats.get(failed)
        return seat.agents if seat is not None else ()

    def by_clock(self, since: float, until: float) -> list[Wish]:
        """Presets whose time came in that span of the day (seconds after midnight; `until` below `since`: past midnight)."""
        span = (until - since) % DAY_S
        return [
            CallPreset(actor=HOUSE, name=name)
            for name, times in self._times.items()
            if any(0.0 < (at - since) % DAY_S <= span for at in times)
        ]

    def _wished(self, fact: ScreenWished) -> Iterable[Wish]:
        """Note the house's own connection of a seat; somebody else's takes its place."""
        if fact.actor == HOUSE and fact.what == "connect" and fact.receiver in self._signing_in:
            self._tickets[fact.ticket] = fact.receiver
        else:
            self._signing_in.pop(fact.receiver, None)
        return ()

    def _missed(self, ticket: int, said: str) -> Iterable[Wish]:
        receiver = self._tickets.pop(ticket, None)
        if receiver is not None and said not in AGAIN:
            self._signing_in.pop(receiver, None)
        return ()

    def _matrix_back(self, fact: MatrixChanged) -> Iterable[Wish]:
        """Seats whose agents signed in while the matrix was away get their work stations now."""
        if fact.state != "up":
            return ()
        return [wish for wish in self._signing_in.values() if self.plant.rx[wish.rx].matrix == fact.matrix]

    def _agent(self, fact: AgentChanged) -> Iterable[Wish]:
        if fact.was is AgentState.LOGGED_OUT and fact.now is not AgentState.LOGGED_OUT:
            yield from self._sits_down(fact.agent)
            yield from self._by_rule("sign_in", agent=fact.agent)
        elif fact.now is AgentState.LOGGED_OUT and fact.was is not AgentState.LOGGED_OUT:
            seat = self.seat_of(fact.agent)
            if seat is not None:
                self._signing_in.pop(seat.receiver, None)
                if self._disconnects:
                    yield Disconnect(actor=HOUSE, rx=seat.receiver)
            yield from self._by_rule("sign_out", agent=fact.agent)

    def _sits_down(self, agent: str) -> Iterable[Wish]:
        """The seat's work station comes to its screens; at a spare seat the one of the seat it stands in for."""
        own, seat = self.plant.seat_of(agent), self.seat_of(agent)
        if own is not None and seat is not None and (station := own.station or seat.station) is not None:
            wish = self._signing_in[seat.receiver] = Connect(actor=HOUSE, rx=seat.receiver, source=station)
            yield wish

    def _by_rule(self, on: str, *, queue: str = "", alarm: str = "", agent: str = "") -> Iterable[Wish]:
        for rule in self._rules:
            if rule.on != on:
                continue
            if any(
                wanted and wanted != got
                for wanted, got in ((rule.queue, queue), (rule.alarm, alarm), (rule.agent, agent))
            ):
                continue
            if rule.preset:
                yield CallPreset(actor=HOUSE, name=rule.preset)
            elif (source := self._source(rule.source, agent)) is not None:
                yield Salvo(actor=HOUSE, pairs=tuple((rx, source) for rx in self._receivers(rule.to)))

    def _source(self, said: str, agent: str) -> TxId | None:
        if said == AGENTS_OWN:
            own = self.plant.seat_of(agent)
            return own.station if own is not None else None
        found = self.plant.transmitter(said)
        return found.id if found is not None else None

    def _receivers(self, named: Iterable[str]) -> Iterable[Any]:
        """The receivers named, a wall's all together."""
        shown: dict[str, None] = {}
        for name in named:
            receiver = self.plant.receiver(name)
            if receiver is not None:
                shown.update(dict.fromkeys(self.plant.wall(receiver.id) or (receiver.id,)))
        return shown
