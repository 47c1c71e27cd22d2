"""What must hold on every floor at every moment, watched from outside: fed every fact, command and PBX event.

Wired in three places: ``on_facts`` watches the outbox, ``on_durable`` the ledger (before an Originate may leave), and
``around`` wraps each exchange. ``finish`` looks at what is left at the end.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from simulator.waiting import Lines
from telephony.agents import AgentState
from telephony.commands import ConnectToSeat, HangUp, Originate, PbxCommand, RingAgent
from telephony.events import LegCreated, LegEnded, PbxEvent, PbxSnapshot
from telephony.facts import (
    AgentChanged,
    AttemptPlaced,
    CallAbandoned,
    CallAnswered,
    CallArrived,
    CallConnected,
    CallEnded,
    CallerGone,
    CallHeld,
    CallLeft,
    CallOffered,
    CallQueued,
    CallResumed,
    CallSentOn,
    Fact,
    InboundEnded,
    OfferFailed,
)
from telephony.ids import AgentId, CallId, LegId, ServerId, is_call
from telephony.oncall import CallHandedOver
from telephony.outcomes import Outcome
from telephony.ports import Exchange

REACHED = frozenset({Outcome.ANSWERED, Outcome.MACHINE})
MAY_BE_OFFERED = frozenset({AgentState.READY, AgentState.RESERVED, AgentState.RINGING})
ON_A_CALL = frozenset({AgentState.TALKING, AgentState.HOLD, AgentState.CONSULTING})
NEVER_LEFT_IN = ON_A_CALL | {AgentState.RESERVED, AgentState.RINGING}
MOST_VIOLATIONS = 1000

Note = tuple[int, float, str, str, str]
"""Something seen beside the facts: after so many groups of facts in the batch, at an instant (epoch seconds), what,
and whom it is about. What each kind is about: the call dialled; the agent and the call; the leg; the leg and its PBX;
the leg; the PBX all of whose legs follow."""
ORIGINATES, CONNECTS, HANGS_UP, LEG, GONE, SNAPSHOT = "originates", "connects", "hangs_up", "leg", "gone", "snapshot"


class Violation(msgspec.Struct, frozen=True):
    """`rule` was broken at `at` (epoch seconds) by `about`, a call, an agent or a leg."""

    rule: str
    about: str
    at: float
    detail: str = ""


class _Seen(msgspec.Struct):
    """What was seen of one attempt."""

    originated: bool = False
    answered: bool = False
    connected: bool = False
    abandoned: bool = False
    agent: AgentId | None = None
    inbound: bool = False


class Invariants:
    """`checked` counts comparisons; `violations` holds the first thousand that failed."""

    def __init__(self) -> None:
        self.checked = 0
        self.violations: list[Violation] = []
        self._calls: dict[CallId, _Seen] = {}
        self._over: set[CallId] = set()
        self._durable: set[CallId] | None = None
        self._early: list[CallId] = []
        self._states: dict[AgentId, AgentState] = {}
        self._busy: dict[AgentId, CallId] = {}
        self._legs: dict[LegId, ServerId] = {}
        self._lines = Lines()
        self._now = 0.0
        self._rules: dict[type[Fact], Callable[[Any], None]] = {
            AttemptPlaced: self._placed,
            CallAnswered: self._answered,
            CallHandedOver: self._handed_over,
            CallOffered: self._offered,
            OfferFailed: self._offer_failed,
            CallConnected: self._connected,
            CallHeld: self._talking_with,
            CallResumed: self._talking_with,
            CallLeft: self._left,
            CallAbandoned: self._abandoned,
            CallEnded: self._ended,
            AgentChanged: self._agent_changed,
            CallArrived: self._arrived,
            CallQueued: self._queued,
            CallSentOn: self._sent_on,
            CallerGone: self._gone,
            InboundEnded: self._inbound_ended,
        }

    def on_facts(self, now: float, facts: Iterable[Fact]) -> None:
        """Facts as the outbox shows them, in order."""
        self._now = now
        for fact in facts:
            rule = self._rules.get(type(fact))
            if rule is not None:
                rule(fact)
        for call in self._lines.out_of_turn():
            self._must(False, "served_out_of_turn", call)
        if self._early:
            for call in self._early:
                self._must(call in self._calls, "originated_without_attempt", call)
            self._early.clear()

    def on_durable(self, facts: Iterable[Fact]) -> None:
        """Facts that are on disk; once fed, an Originate needs its attempt among them."""
        if self._durable is None:
            self._durable = set()
        self._durable.update(fact.call for fact in facts if type(fact) is AttemptPlaced)

    def read(self, told: Sequence[tuple[float, Sequence[Fact]]], notes: Iterable[Note]) -> None:
        """Facts by the instant they were shown at, and what was noted between; for a watcher in another process."""
        done = 0
        for place, at, kind, about, other in notes:
            while done < place:
                self.on_facts(*told[done])
                done += 1
            self._now = at
            match kind:
                case "originates":
                    self._must(about in self._calls, "originated_without_attempt", about)
                    self._originated(CallId(about))
                case "connects":
                    self._puts_through(AgentId(about), CallId(other))
                case "hangs_up":
                    self.checked += 1
                case "leg":
                    self._legs[LegId(about)] = ServerId(other)
                case "gone":
                    self._legs.pop(LegId(about), None)
                case "snapshot":
                    self._legs = {leg: server for leg, server in self._legs.items() if server != about}
        for shown in told[done:]:
            self.on_facts(*shown)

    def on_command(self, command: PbxCommand, now: float) -> None:
        """A command as it leaves for the PBX."""
        self._now = now
        if isinstance(command, Originate):
            if self._durable is None:
                self._early.append(command.call)
            self._originated(command.call)
        elif isinstance(command, ConnectToSeat | RingAgent):
            self._puts_through(command.agent, command.call)
        elif isinstance(command, HangUp):
            self.checked += 1

    def on_event(self, event: PbxEvent) -> None:
        """An event as it comes from the PBX."""
        kind = type(event)
        if kind is LegCreated:
            self._legs[event.leg] = event.server  # type: ignore[attr-defined]
        elif kind is LegEnded:
            self._legs.pop(event.leg, None)  # type: ignore[attr-defined]
        elif isinstance(event, PbxSnapshot):
            kept = {leg: server for leg, server in self._legs.items() if server != event.server}
            self._legs = kept | {row.leg: event.server for row in event.legs}

    def around(self, exchange: Exchange, clock: Callable[[], float]) -> Exchange:
        """The exchange with these invariants looking on."""
        return _Watched(exchange, self, clock)

    def finish(self, now: float) -> None:
        """The run is over and every call should be: nothing may be left behind."""
        self._now = now
        for call in self._calls:
            self._must(call in self._over, "attempt_without_outcome", call)
        for leg in self._legs:
            self._must(not (is_call(leg) or CallId(leg) in self._calls), "leg_leaked", leg)
        for agent, state in self._states.items():
            self._must(state not in NEVER_LEFT_IN, "agent_left_in_a_call", agent, state)

    def _must(self, holds: bool, rule: str, about: str, detail: str = "") -> None:
        self.checked += 1
        if not holds and len(self.violations) < MOST_VIOLATIONS:
            self.violations.append(Violation(rule, about, self._now, detail))

    def _live(self, call: CallId, rule: str) -> _Seen:
        seen = self._calls.get(call)
        self._must(seen is not None and call not in self._over, rule, call)
        if seen is None:
            seen = self._calls[call] = _Seen()
        return seen

    def _puts_through(self, agent: AgentId, call: CallId) -> None:
        holder = self._busy.get(agent)
        self._must(holder is None or holder == call, "second_call_to_agent", agent, call)
        self._must(call not in self._over, "agent_rung_for_one_who_has_left", agent, call)

    def _originated(self, call: CallId) -> None:
        if self._durable is not None:
            self._must(call in self._durable, "originated_before_durable", call)
            self._durable.discard(call)
        self._must(call not in self._over, "originated_after_its_end", call)
        seen = self._calls.get(call)
        if seen is None:
            seen = self._calls[call] = _Seen()
        self._must(not seen.originated, "originated_twice", call)
        seen.originated = True

    def _placed(self, fact: AttemptPlaced) -> None:
        seen = self._calls.setdefault(fact.call, _Seen())
        self._must(not seen.answered and fact.call not in self._over, "attempt_placed_twice", fact.call)

    def _answered(self, fact: CallAnswered) -> None:
        seen = self._live(fact.call, "answered_without_attempt")
        self._must(not seen.answered, "answered_twice", fact.call)
        seen.answered = True

    def _handed_over(self, fact: CallHandedOver) -> None:
        seen = self._live(fact.call, "handed_over_after_its_end")
        self._must(seen.agent == fact.agent, "handed_over_by_another", fact.call, fact.agent)
        seen.agent = None

    def _offered(self, fact: CallOffered) -> None:
        seen = self._live(fact.call, "offered_after_its_end")
        self._must(seen.answered, "offered_before_answer", fact.call)
        self._must(not seen.abandoned, "offered_after_abandon", fact.call)
        self._must(seen.agent is None, "offered_to_two_agents", fact.call, fact.agent)
        self._must(fact.agent not in self._busy, "two_calls_for_one_agent", fact.agent, fact.call)
        state = self._states.get(fact.agent)
        self._must(state is None or state in MAY_BE_OFFERED, "offered_to_agent_not_ready", fact.agent, str(state))
        seen.agent = fact.agent
        self._busy[fact.agent] = fact.call
        if seen.inbound:
            self.checked += 1
            self._lines.served(fact.call)

    def _offer_failed(self, fact: OfferFailed) -> None:
        seen = self._calls.get(fact.call)
        if seen is not None and seen.agent == fact.agent:
            seen.agent = None
        if self._busy.get(fact.agent) == fact.call:
            del self._busy[fact.agent]

    def _connected(self, fact: CallConnected) -> None:
        seen = self._live(fact.call, "connected_after_its_end")
        self._must(seen.answered, "connected_before_answer", fact.call)
        self._must(not seen.abandoned, "connected_after_abandon", fact.call)
        self._must(seen.agent in (None, fact.agent), "connected_to_another_agent", fact.call, fact.agent)
        self._must(self._busy.get(fact.agent, fact.call) == fact.call, "two_calls_for_one_agent", fact.agent, fact.call)
        seen.connected, seen.agent = True, fact.agent
        self._busy[fact.agent] = fact.call

    def _talking_with(self, fact: CallHeld | CallResumed) -> None:
        seen = self._live(fact.call, "held_after_its_end")
        self._must(seen.agent == fact.agent, "held_by_another_agent", fact.call, fact.agent)

    def _left(self, fact: CallLeft) -> None:
        self._offer_failed(OfferFailed(call=fact.call, agent=fact.agent, why="left"))

    def _abandoned(self, fact: CallAbandoned) -> None:
        seen = self._live(fact.call, "abandoned_after_its_end")
        self._must(seen.answered, "abandoned_before_answer", fact.call)
        self._must(not seen.abandoned, "abandoned_twice", fact.call)
        self._must(not seen.connected, "abandoned_after_connect", fact.call)
        seen.abandoned = True

    def _ended(self, fact: CallEnded) -> None:
        call = fact.call
        again = call in self._over
        self._must(not again, "two_outcomes", call, fact.outcome)
        if again:
            return
        seen = self._live(call, "ended_without_attempt")
        self._must(not seen.answered or fact.outcome in REACHED, "answered_but_no_answer", call, fact.outcome)
        self._must(not seen.connected or seen.answered, "connected_unanswered", call)
        self._must(fact.talk_s >= 0 and fact.ring_s >= 0 and fact.hold_s >= 0, "negative_time", call)
        self._over.add(call)
        agent = seen.agent
        if agent is not None and self._busy.get(agent) == call:
            del self._busy[agent]

    def _arrived(self, fact: CallArrived) -> None:
        call = fact.call
        self._must(call not in self._calls, "arrived_twice", call)
        self._calls[call] = _Seen(answered=True, inbound=True)
        self._lines.arrives(call, self._now if fact.came_at is None else fact.came_at)

    def _queued(self, fact: CallQueued) -> None:
        seen = self._live(fact.call, "queued_after_its_end")
        self._must(seen.agent is None, "queued_while_an_agent_has_him", fact.call, str(seen.agent))
        self._lines.waits(fact.call, fact.queue, fact.server)

    def _sent_on(self, fact: CallSentOn) -> None:
        self._live(fact.call, "sent_on_after_its_end")
        self._lines.leaves(fact.call)

    def _gone(self, fact: CallerGone) -> None:
        seen = self._live(fact.call, "gone_after_its_end")
        self._must(not seen.abandoned, "gone_twice", fact.call)
        self._must(not seen.connected, "gone_after_connect", fact.call)
        self._must(fact.waited_s >= 0, "negative_time", fact.call)
        seen.abandoned = True

    def _inbound_ended(self, fact: InboundEnded) -> None:
        call = fact.call
        again = call in self._over
        self._must(not again, "two_ends", call)
        if again:
            return
        seen = self._live(call, "ended_without_arrival")
        served = seen.connected or seen.abandoned or bool(fact.way)
        self._must(served, "caller_lost", call)
        self._must(fact.talk_s >= 0 and fact.waited_s >= 0 and fact.hold_s >= 0, "negative_time", call)
        self._over.add(call)
        self._lines.ends(call)
        if seen.agent is not None and self._busy.get(seen.agent) == call:
            del self._busy[seen.agent]

    def _agent_changed(self, fact: AgentChanged) -> None:
        agent = fact.agent
        known = self._states.get(agent)
        self._must(known is None or known is fact.was, "state_jumped", agent, f"{known} {fact.was}")
        self._must(fact.for_s >= 0, "negative_time", agent)
        self._states[agent] = fact.now
        if fact.now in ON_A_CALL:
            call = fact.call
            self._must(call is not None, "talking_without_call", agent)
            if call is not None:
                self._must(call in self._calls and call not in self._over, "talking_on_ended_call", agent, call)


class _Watched:
    """An exchange with somebody looking on."""

    def __init__(self, exchange: Exchange, watch: Invariants, clock: Callable[[], float]) -> None:
        self._exchange = exchange
        self._watch = watch
        self._clock = clock

    @property
    def server(self) -> ServerId:
        return self._exchange.server

    def perform(self, command: PbxCommand) -> None:
        self._watch.on_command(command, self._clock())
        self._exchange.perform(command)

    def subscribe(self, on_event: Callable[[PbxEvent], None]) -> None:
        def look_and_pass(event: PbxEvent) -> None:
            self._watch.on_event(event)
            on_event(event)

        self._exchange.subscribe(look_and_pass)
