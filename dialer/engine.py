"""The dialler's engine: fed every event of the floor, it says which calls to place, which to take back, and why.

Rules: a campaign places calls only while RUNNING, on a PBX whose link is up, while the store is sound and somebody is
signed in to take them. Whatever is fed to it that it has no rule for changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from typing import Any

from config.model import AbandonContract, AgentSettings, CalendarSettings, CampaignSettings, TrunkSettings
from config.oncall import TransferSettings
from dialer.abandonment import Totals
from dialer.amd.stage import LISTENING
from dialer.asked_for import AskedFor
from dialer.automatic import Automatic
from dialer.batches import Batches
from dialer.books import CANCELLABLE, taken_over
from dialer.byhand import ByHand
from dialer.campaign import NEXT, Campaign, Run
from dialer.contracts import As
from dialer.crew import Crew
from dialer.donotcall.bars import Bars, ListsChanged
from dialer.gate import Rule, may_dial
from dialer.odds import Memory
from dialer.outgoing import Outgoing, Said
from dialer.outside import Outside
from dialer.progress import Progress
from dialer.promised import Promised
from dialer.trunks import TrunkBoard
from dialer.view import campaign_view
from telephony.agents import AgentState, CampaignAsked, DialAsked, PreviewAsked, SkipAsked
from telephony.batches import MOVES, BatchClosed
from telephony.commands import CancelTimer, Command, SetTimer
from telephony.donotcall import BarsChanged
from telephony.events import (
    LegAnswered,
    LegEnded,
    OptOutPressed,
    OriginateAccepted,
    OriginateEnded,
    OriginateLost,
    OriginateRefused,
    TimerFired,
)
from telephony.facts import (
    AgentChanged,
    AlarmCleared,
    AlarmRaised,
    AskRefused,
    AttemptVetoed,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallDisposed,
    CallEnded,
    CallJudged,
    CallLeft,
    CallOffered,
    CallRang,
    CallScreened,
    CallWaiting,
    CampaignChanged,
    CustomerBarred,
    Fact,
    LeadAltered,
    LeadRested,
    ServerChanged,
)
from telephony.ids import AgentId, CallId, CampaignId, ServerId
from telephony.later import AppointmentChanged, CallbackReserved, CalleeRead, MessageDialling
from telephony.leads import Contact, Lead, LeadsFetched, OpenCall, Restored
from telephony.numbers import PhoneNumber
from telephony.oncall import ConsultAsked, OutsideWanted, TransferAsked
from telephony.ports import AgentSupply
from telephony.surge import SurgeChanged
from telephony.views import CampaignView, TrunkView

TICK = "tick"
UP = "up"
STORE_ALARM = "store"
GONE = frozenset({AgentState.LOGGED_OUT, AgentState.AUX})


class DialerEngine:
    """All campaigns of one process."""

    def __init__(
        self,
        campaigns: Mapping[str, CampaignSettings],
        trunks: Sequence[TrunkSettings],
        supply: AgentSupply,
        *,
        call_ids: Callable[[], CallId],
        totals: Mapping[str, Totals] | None = None,
        agents: Sequence[AgentSettings] = (),
        bars: Bars | None = None,
        calendars: Mapping[str, CalendarSettings] | None = None,
        zone: str = "UTC",
        transfer: TransferSettings | None = None,
        fingerprint: Callable[[PhoneNumber], int] = lambda number: number.key(b""),
    ) -> None:
        """`totals` are the counts of each campaign since midnight, `agents` tell who serves which campaigns, `zone` where
        the days of abandon contracts are the site's."""
        self._zone = zone
        self._calendars = calendars or {}
        self._supply = supply
        self._outgoing = Outgoing(TrunkBoard(trunks), call_ids, bars)
        self._campaigns: dict[CampaignId, Campaign] = {}
        self._servers: dict[ServerId, str] = {}
        self._store_ills: set[str] = set()
        self._serves: dict[AgentId, tuple[CampaignId, ...]] = {}
        self._progress = Progress(self._campaigns, self._outgoing)
        self._crew = Crew()
        self._by_hand = ByHand(self._campaigns, self._outgoing, supply, self._crew, self._obstacle)
        self._automatic = Automatic(self._campaigns, self._outgoing, supply, self._by_hand, self._crew, self._obstacle)
        self._batches = Batches(self._campaigns, self._by_hand)
        self._asked_for = AskedFor(self._campaigns, self._outgoing, self._obstacle)
        outside = Outside(self._campaigns, self._outgoing, self._obstacle, transfer or TransferSettings(), fingerprint)
        for name, settings in campaigns.items():
            self._add(CampaignId(name), settings, (totals or {}).get(name) or Totals())
        self.staff(agents)
        course, by_hand = self._progress, self._by_hand
        answering: dict[type, Callable[[Any, float, Said], object]] = {
            TimerFired: self._timer,
            LeadsFetched: self._fetched,
            CampaignAsked: self._asked,
            AgentChanged: self._agent,
            ServerChanged: self._server,
            AlarmRaised: self._alarm,
            AlarmCleared: self._clear,
            SurgeChanged: self._surge,
            Restored: self._restored,
            CallEnded: self._ended,
            AttemptVetoed: self._vetoed,
            CallDisposed: course.disposed,
            CustomerBarred: course.barred,
            BarsChanged: course.bars_changed,
            ListsChanged: self._lists,
            OptOutPressed: course.opted_out,
            PreviewAsked: by_hand.preview,
            DialAsked: by_hand.dial,
            SkipAsked: by_hand.skip,
            BatchClosed: self._batches.closed,
            LeadAltered: self._altered,
            CallbackReserved: self._asked_for.callback,
            AppointmentChanged: Promised(self._campaigns, self._by_hand).changed,
            MessageDialling: self._asked_for.message,
            ConsultAsked: outside.asked,
            TransferAsked: outside.asked,
            OutsideWanted: outside.wanted,
            **dict.fromkeys(MOVES, self._batches.moved),
        }
        self.rules: dict[type, Callable[[Any, float], Said | None]] = {
            **{kind: _answering(rule) for kind, rule in answering.items()},
            CalleeRead: self._asked_for.read,
            OriginateAccepted: course.accepted,
            CallRang: course.rang,
            CallAnswered: course.answered,
            CallJudged: course.judged,
            CallWaiting: course.waiting,
            CallScreened: course.screened,
            CallOffered: course.offered,
            CallConnected: course.connected,
            CallAbandoned: course.abandoned,
            CallLeft: course.left,
            LegAnswered: outside.answered,
            **dict.fromkeys((LegEnded, OriginateEnded, OriginateRefused, OriginateLost), outside.ended),
        }
        self.hears = frozenset(self.rules)

    def on(self, event: object, now: float) -> list[Fact | Command]:
        """What follows from the event; nothing for events that do not concern the dialler."""
        rule = self.rules.get(type(event))
        return (rule(event, now) or []) if rule is not None else []

    @property
    def store_healthy(self) -> bool:
        """False between AlarmRaised and AlarmCleared of the store: nothing is dialled."""
        return self._outgoing.store_healthy

    def reload(self, campaigns: Mapping[str, CampaignSettings], now: float) -> list[Fact | Command]:
        """Take new settings: running campaigns go on under them, removed ones drain, new ones stand stopped."""
        out: Said = []
        for name, settings in campaigns.items():
            campaign = self._campaigns.get(CampaignId(name))
            if campaign is None:
                self._add(CampaignId(name), settings, Totals())
                continue
            campaign.removed = False
            if campaign.settings != settings:
                if campaign.settings.frequency != settings.frequency:
                    for lead in campaign.hopper.empty():
                        out.append(LeadRested(lead=lead.id, due=min(lead.due, now), why="refetch"))
                campaign.apply(settings, self._outgoing.trunks.of(settings.trunks))
                if campaign.automatic:
                    self._by_hand.give_back_all(campaign, now, out)
                self._automatic.pace(campaign, now, out)
        for campaign in [one for one in self._campaigns.values() if one.id not in campaigns]:
            campaign.removed = True
            if "drain" in NEXT[campaign.state]:
                self._change(campaign, "drain", "settings", now, out)
            self._drained(campaign, now, out)
        return out

    def staff(self, agents: Sequence[AgentSettings]) -> None:
        """Learn who serves which campaigns: campaigns that share agents leave room for one another's calls."""
        self._serves = {AgentId(one.id): tuple(CampaignId(name) for name in one.campaigns) for one in agents}
        self._crew.staff(agents)
        self._automatic.share(self._serves, self._crew.signed_in)
        for campaign in self._campaigns.values():
            campaign.portions.share(self._crew.holders(campaign.id))

    def learned(self) -> dict[str, Memory]:
        """What each campaign has learned of its leads' chances, to be put away."""
        return {name: campaign.odds.memory() for name, campaign in self._campaigns.items()}

    def remember(self, learned: Mapping[str, Memory]) -> None:
        """Know what an earlier run has learned."""
        for name, memory in learned.items():
            if campaign := self._campaigns.get(CampaignId(name)):
                campaign.odds.remember(memory)

    def view(self, campaign: str, now: float) -> CampaignView | None:
        """The campaign as pages show it; None when there is none of that name."""
        one = self._campaigns.get(CampaignId(campaign))
        return campaign_view(one, self._outgoing.books, self._supply, now) if one is not None else None

    def views(self, now: float) -> tuple[CampaignView, ...]:
        """All campaigns."""
        return tuple(view for name in self._campaigns if (view := self.view(name, now)) is not None)

    def trunk_views(self) -> tuple[TrunkView, ...]:
        return self._outgoing.trunks.views()

    def opens(self, campaign: str, zones: tuple[str, ...], at: float) -> float:
        """0.0 when customers in these zones may be called at that instant, else when next; inf without such a campaign."""
        one = self._campaigns.get(CampaignId(campaign))
        return one.rules.hours.opens(zones, at) if one is not None else inf

    def totals(self, campaign: str) -> Totals | None:
        """The counts the campaign's rates come from."""
        one = self._campaigns.get(CampaignId(campaign))
        return one.totals if one is not None else None

    def uncounted(self) -> list[tuple[CampaignId, AbandonContract]]:
        """Contracts whose calls of before have yet to be put in; each is told once."""
        found = [(one.id, contract) for one in self._campaigns.values() for contract in one.uncounted]
        for campaign in self._campaigns.values():
            campaign.uncounted = ()
        return found

    def recount(
        self, campaign: str, contract: AbandonContract, slots: Iterable[tuple[int, As, int]], now: float
    ) -> None:
        """Put the calls of before into a contract's count: how many of each slot of its step count as what."""
        one = self._campaigns.get(CampaignId(campaign))
        if one is not None:
            one.contracts.put(contract, slots)
            one.aim_anew()
            one.budget.owe(one.contracts.debt(now))

    # what people ask

    def _asked(self, event: CampaignAsked, now: float, out: Said) -> None:
        campaign = self._campaigns.get(event.campaign)
        action = event.action.value
        if campaign is None:
            out.append(AskRefused(actor=event.actor, what=f"campaign.{action}", code="campaign.unknown"))
        elif action not in NEXT[campaign.state] or (campaign.removed and action == "start"):
            words = {"state": campaign.state.value, "action": action}
            out.append(AskRefused(actor=event.actor, what=f"campaign.{action}", code="campaign.cannot", words=words))
        else:
            self._change(campaign, action, event.actor, now, out)

    def _change(self, campaign: Campaign, verb: str, actor: str, now: float, out: Said) -> None:
        campaign.state = NEXT[campaign.state][verb]
        out.append(CampaignChanged(campaign=campaign.id, state=campaign.state.value, actor=actor))
        if campaign.state is Run.RUNNING:
            self._tick(campaign, now, out)
            return
        out.append(CancelTimer(key=(TICK, campaign.id)))
        if campaign.state is Run.STOPPED:
            self._outgoing.cancel(campaign, None, out)
            self._by_hand.give_back_all(campaign, now, out)
        self._drained(campaign, now, out)

    def _drained(self, campaign: Campaign, now: float, out: Said) -> None:
        if self._outgoing.books.in_flight(campaign.id):
            return
        if campaign.state is Run.DRAINING:
            self._change(campaign, "empty", "dialer", now, out)
        elif campaign.removed and campaign.state is Run.STOPPED:
            for lead in campaign.portions.empty():
                out.append(LeadRested(lead=lead.id, due=lead.due, why="campaign_gone"))
            self._campaigns.pop(campaign.id, None)

    # what happens

    def _timer(self, event: TimerFired, now: float, out: Said) -> None:
        if event.key[0] == TICK:
            campaign = self._campaigns.get(CampaignId(event.key[1]))
            if campaign is not None and campaign.state is Run.RUNNING:
                self._tick(campaign, now, out)
        elif event.key[0] == LISTENING:
            self._progress.listened_enough(CallId(event.key[1]), out)

    def _fetched(self, event: LeadsFetched, now: float, out: Said) -> None:
        campaign = self._campaigns.get(event.campaign)
        if campaign is None:
            out.extend(LeadRested(lead=lead.id, due=lead.due, why="campaign_gone") for lead in event.leads)
            return
        kept, all_shut, shut_until = 0, True, 0.0
        for lead in self._batches.still(campaign, event.leads, out):
            verdict = may_dial(lead, campaign.rules, self._outgoing.gate, now)
            if verdict.rule is None:
                campaign.portions.put(lead, now)
                kept += 1
                continue
            self._outgoing.refuse(campaign, lead.id, verdict, out)
            if verdict.rule not in (Rule.WINDOW, Rule.HOLIDAY) or verdict.until is None:
                all_shut = False
            elif not shut_until or verdict.until < shut_until:
                shut_until = verdict.until
        shut = shut_until if event.leads and not kept and all_shut else None
        campaign.portions.fetched(event, shut_until=shut, now=now)
        self._automatic.pace(campaign, now, out)

    def _agent(self, event: AgentChanged, now: float, out: Said) -> None:
        self._by_hand.server_of[event.agent] = event.server
        self._crew.seen(event.agent, signed_in=event.now is not AgentState.LOGGED_OUT)
        if AgentState.LOGGED_OUT in (event.was, event.now):
            self._automatic.share(self._serves, self._crew.signed_in)
        if event.was is AgentState.READY and event.call is not None:
            self._taken_otherwise(event.agent, event.call, now)
        if event.was is AgentState.WRAP_UP:
            self._progress.wrapped(event.agent, event.for_s)
        if event.now in GONE:
            own = self._outgoing.books.flights.get(self._outgoing.books.dedicated.get(event.agent, CallId("")))
            if own is not None and own.stage in CANCELLABLE:
                self._outgoing.hang_up(own, out)
            if event.now is AgentState.LOGGED_OUT:
                self._by_hand.give_back(event.agent, now, out)
            for campaign in self._served_by(event.agent):
                if campaign.state is not Run.STOPPED and event.server in campaign.servers:
                    self._automatic.nobody_left(campaign, event.server, out)
        elif event.now is AgentState.READY:
            for campaign in self._served_by(event.agent):
                if event.server in campaign.servers:
                    self._automatic.agent_free(campaign, event.server, now, out)

    def _taken_otherwise(self, agent: AgentId, call: CallId, now: float) -> None:
        """A free agent has gone to a call: learn of it where it is none of those that any agent may take."""
        flight = self._outgoing.books.flights.get(call)
        if flight is None or flight.agent is not None:
            for campaign in self._served_by(agent):
                campaign.taken.one(now)

    def _server(self, event: ServerChanged, now: float, out: Said) -> None:
        self._servers[event.server] = event.state
        if event.state == UP:
            self._progress.hang_up_again(event.server, out)
            for campaign in self._campaigns.values():
                self._automatic.pace(campaign, now, out)

    def _lists(self, event: ListsChanged, now: float, out: Said) -> None:
        waited = bool(self._outgoing.gate.bars.awaited)
        self._progress.lists_changed(event, now, out)
        if waited and not self._outgoing.gate.bars.awaited:
            for campaign in self._campaigns.values():
                self._automatic.pace(campaign, now, out)

    def _alarm(self, event: AlarmRaised, now: float, out: Said) -> None:
        if event.alarm == STORE_ALARM:
            self._store_ills.add(event.about)
            self._outgoing.store_healthy = False
            self._progress.take_back_unsent(out)

    def _clear(self, event: AlarmCleared, now: float, out: Said) -> None:
        if event.alarm == STORE_ALARM:
            self._store_ills.discard(event.about)
            self._outgoing.store_healthy = not self._store_ills

    def _surge(self, event: SurgeChanged, now: float, out: Said) -> None:
        held, self._outgoing.surge = self._outgoing.surge, "outbound" in event.actions
        if held is not self._outgoing.surge:
            for campaign in self._campaigns.values():
                self._automatic.pace(campaign, now, out)

    def _ended(self, event: CallEnded, now: float, out: Said) -> None:
        campaign = self._progress.ended(event, now, out)
        if campaign is not None and (campaign.state is Run.DRAINING or campaign.removed):
            self._drained(campaign, now, out)

    def _vetoed(self, event: AttemptVetoed, now: float, out: Said) -> None:
        campaign = self._progress.vetoed(event, now, out)
        if campaign is not None and (campaign.state is Run.DRAINING or campaign.removed):
            self._drained(campaign, now, out)

    def _altered(self, event: LeadAltered, now: float, out: Said) -> None:
        """Whoever holds the lead as it was gives it up; it is fetched anew and passes the gate as it is now."""
        campaign = self._campaigns.get(event.campaign)
        if campaign is None:
            return

        def same(lead: Lead) -> bool:
            return lead.id == event.lead

        for lead in [*campaign.portions.take_out(same), *self._by_hand.take_away(same)]:
            self._outgoing.rest(campaign, LeadRested(lead=lead.id, due=min(lead.due, now), why="refetch"), out)

    def _restored(self, event: Restored, now: float, out: Said) -> None:
        for agent in event.agents:
            self._by_hand.server_of[agent.agent] = agent.server
            self._crew.seen(agent.agent, signed_in=agent.state is not AgentState.LOGGED_OUT)
        self._automatic.share(self._serves, self._crew.signed_in)
        for name, holder in event.portions:
            if (campaign := self._campaigns.get(name)) is not None:
                campaign.portions.learn(holder)
        for call in event.calls:
            self._outgoing.books.open(taken_over(call))
            self._outgoing.gate.reserve(_contact(call))
            if trunk := self._outgoing.trunks.get(call.trunk):
                trunk.busy += 1
        for call in event.talked:
            self._progress.remember(taken_over(call))
        asked_for = {known.dialled for known in event.callbacks} | {known.dialled for known in event.messages}
        self._asked_for.taken_over(call for call in asked_for if call is not None)
        for name, state in event.campaigns:
            campaign = self._campaigns.get(name)
            if campaign is None or state not in set(Run):
                continue
            campaign.state = Run(state)
            if campaign.state is Run.RUNNING:
                self._tick(campaign, now, out)
            self._drained(campaign, now, out)

    def _tick(self, campaign: Campaign, now: float, out: Said) -> None:
        out.append(SetTimer(key=(TICK, campaign.id), at=campaign.next_tick(now)))
        campaign.portions.release_overdue(now, campaign.settings.promise_grace_s)
        self._automatic.pace(campaign, now, out)
        stages = self._outgoing.books.stages(campaign.id)
        campaign.gauges.show(campaign.pace(now), len(campaign.portions), stages)
        if skill := campaign.odds.skill():
            campaign.gauges.told(skill.brier, skill.brier_plain)
        for trunk in campaign.trunks:
            trunk.gauge.set(trunk.busy)

    # small questions

    def _add(self, name: CampaignId, settings: CampaignSettings, totals: Totals) -> None:
        trunks = self._outgoing.trunks.of(settings.trunks)
        self._campaigns[name] = Campaign(name, settings, trunks, totals, self._calendars, self._zone)
        self._campaigns[name].portions.share(self._crew.holders(name))

    def _obstacle(self, server: ServerId) -> str | None:
        """Why nothing may be dialled on that PBX at all, None when it may."""
        if not self.store_healthy:
            return "pace.store"
        if self._outgoing.gate.bars.awaited:
            return "pace.do_not_call_list"
        return None if self._servers.get(server) == UP else "pace.server"

    def _served_by(self, agent: AgentId) -> list[Campaign]:
        names = self._serves.get(agent)
        if names is None:
            return list(self._campaigns.values())
        return [self._campaigns[name] for name in names if name in self._campaigns]


def _contact(call: OpenCall) -> Contact:
    return Contact(
        at=call.placed_at,
        call=call.call,
        customer=call.customer,
        number_key=call.number_key,
        campaign=call.campaign,
        answered=call.answered_at is not None,
        connected=call.connected_at is not None,
    )


def _answering(rule: Callable[[Any, float, Said], object]) -> Callable[[Any, float], Said]:
    """The rule as the switchboard asks it: what it says comes back as a list."""

    def answer(event: object, now: float) -> Said:
        out: Said = []
        rule(event, now, out)
        return out

    return answer
