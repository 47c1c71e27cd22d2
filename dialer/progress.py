"""The course of calls after they were placed: books, counts, what is learned, trunks' health and the lead's rest."""

from collections.abc import Mapping

from dialer.amd.stage import LISTENING
from dialer.books import CANCELLABLE, Flight, Stage
from dialer.campaign import Campaign
from dialer.contracts import WAY_OF, Decided, Way
from dialer.donotcall.bars import ListsChanged
from dialer.gate import BUSY_RETRY_S, Rule, Verdict
from dialer.metrics import ABANDONED, ANOMALIES, LATE, VETOED
from dialer.outgoing import Outgoing, Said
from dialer.recycle import UNKNOWN_REST_S, rest
from telephony.commands import HangUp, Park, SetTimer
from telephony.detection import BY_WORD, TAKEN_FOR_MACHINE, Heard, Then
from telephony.donotcall import BarsChanged
from telephony.events import OptOutPressed, OriginateAccepted
from telephony.facts import (
    AbandonedBy,
    Anomaly,
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
    CustomerBarred,
    LeadRested,
    Veto,
)
from telephony.ids import AgentId, CallId, CampaignId, ServerId, call_leg
from telephony.outcomes import WHOSE, Fault, Outcome

DO_NOT_CALL = "do_not_call"
KEPT_FOR_DISPOSITION = 5000
DIALLED = frozenset({Stage.DIALLING})
TOLD_WITHIN_S = 3.0
"""What another server entered in the do-not-call list is known here by then."""


class Progress:
    """Follows every call in the books to its end."""

    def __init__(self, campaigns: Mapping[CampaignId, Campaign], outgoing: Outgoing) -> None:
        self._campaigns = campaigns
        self._outgoing = outgoing
        self._books = outgoing.books
        self._talked: dict[CallId, Flight] = {}
        self._last: dict[AgentId, CampaignId] = {}

    def accepted(self, event: OriginateAccepted, now: float) -> None:
        if flight := self._books.flights.get(CallId(event.leg)):
            flight.accepted = True

    def take_back_unsent(self, out: Said) -> None:
        """Calls the PBX has not been heard of to dial yet must not leave late, when the store works again."""
        for flight in list(self._books.flights.values()):
            if flight.stage is Stage.DIALLING and not flight.accepted:
                self._outgoing.hang_up(flight, out)

    def hang_up_again(self, server: ServerId, out: Said) -> None:
        """A PBX is back: what was to be hung up while it was away and still rings is told once more."""
        for flight in self._books.flights.values():
            if flight.server == server and flight.cancelled and flight.stage in CANCELLABLE:
                out.append(HangUp(server=server, leg=call_leg(flight.call)))

    def rang(self, event: CallRang, now: float) -> None:
        self._move(event.call, Stage.RINGING, DIALLED)

    def answered(self, event: CallAnswered, now: float) -> Said | None:
        self._outgoing.gate.answered(event.call)
        if flight := self._books.flights.get(event.call):
            flight.answered_at = now
        flight = self._move(event.call, Stage.ANSWERED, CANCELLABLE)
        if flight is None or (campaign := self._campaigns.get(flight.campaign)) is None:
            return None
        campaign.totals.answered += 1
        if not flight.listened:
            return None
        return [SetTimer(key=(LISTENING, event.call), at=now + campaign.listen_until_s)]

    def listened_enough(self, call: CallId, out: Said) -> None:
        """A detector has had its time: if it has not spoken, the customer is taken from it."""
        flight = self._books.flights.get(call)
        if flight is not None and flight.listened and flight.stage is Stage.ANSWERED:
            out.append(Park(server=flight.server, call=call))

    def judged(self, event: CallJudged, now: float) -> None:
        if campaign := self._campaigns.get(event.campaign):
            campaign.screening.judged(event.call, event.heard, event.took_s)

    def waiting(self, event: CallWaiting, now: float) -> None:
        """The customer is ready to be connected; of one not heard to be a person CallScreened tells more."""
        flight = self._move(event.call, Stage.WAITING)
        if flight is not None and flight.heard_at is None:
            flight.heard_at = now
        if flight is not None and BY_WORD.get(event.amd, Heard.HUMAN) is Heard.HUMAN:
            self._asks_for_agent(flight, now)

    def screened(self, event: CallScreened, now: float) -> None:
        """A call taken for a machine asks for no agent, but as a sample; any other is a customer's."""
        flight = self._books.flights.get(event.call)
        if campaign := self._campaigns.get(event.campaign):
            campaign.screening.screened(event.call, event.then)
        if flight is None:
            return
        if event.then is Then.AGENT:
            self._asks_for_agent(flight, now)
            return
        if campaign is not None and not flight.heard:
            flight.heard = True
            campaign.came_to(flight, False, now)
        if event.then is Then.SAMPLE and campaign is not None and not flight.counted:
            flight.sampled = True
            campaign.decided(_decided(Way.MACHINE, 0.0, flight, now))
        if event.then in TAKEN_FOR_MACHINE and flight.stage is Stage.WAITING:
            self._books.move(flight, Stage.ENDING)

    def _asks_for_agent(self, flight: Flight, now: float) -> None:
        if not flight.heard and (campaign := self._campaigns.get(flight.campaign)):
            flight.heard = True
            campaign.came_to(flight, True, now)

    def offered(self, event: CallOffered, now: float) -> None:
        self._move(event.call, Stage.OFFERED)

    def connected(self, event: CallConnected, now: float) -> None:
        flight = self._move(event.call, Stage.TALKING)
        if flight is None:
            return
        flight.talked = True
        self._outgoing.gate.connected(event.call)
        self._last[event.agent] = flight.campaign
        campaign = self._campaigns.get(flight.campaign)
        if campaign is None or flight.counted:
            return
        flight.counted = True
        campaign.totals.connected += 1
        if flight.sampled:
            return
        campaign.decided(_decided(Way.CONNECTED, event.waited_s, flight, now))
        if event.waited_s > campaign.settings.pacing.patience_s:
            campaign.totals.late += 1
            LATE.labels(campaign.id).inc()

    def abandoned(self, event: CallAbandoned, now: float) -> None:
        flight = self._move(event.call, Stage.ENDING)
        campaign = self._campaigns.get(event.campaign)
        if campaign is None or (flight is not None and (flight.counted or flight.sampled)):
            return
        campaign.decided(_decided(WAY_OF[event.by], event.waited_s, flight, now))
        if flight is not None:
            flight.counted = True
        if event.by is AbandonedBy.CUSTOMER and event.waited_s <= campaign.settings.pacing.patience_s:
            return
        campaign.totals.abandoned += 1
        ABANDONED.labels(campaign.id).inc()
        if flight is not None:
            self._outgoing.gate.left_waiting(flight.customer, flight.number_key, now)

    def left(self, event: CallLeft, now: float) -> None:
        self._move(event.call, Stage.ENDING)

    def ended(self, event: CallEnded, now: float, out: Said) -> Campaign | None:
        """Close the call; returns its campaign."""
        flight = self._books.close(event.call)
        campaign = self._campaigns.get(event.campaign)
        if flight is None:
            if campaign is not None:
                self._strange(f"CallEnded {event.outcome.value}", out)
            return campaign
        outgoing = self._outgoing
        talked = flight.talked or (event.agent is not None and event.talk_s > 0)
        if talked:
            outgoing.gate.connected(event.call)
        outgoing.gate.ended(event.call, flight.customer, flight.number_key, event.outcome.value)
        trunk = outgoing.trunks.get(flight.trunk)
        if trunk is not None and (changed := trunk.ended(event.outcome, withdrawn=flight.cancelled)):
            out.append(changed)
        if campaign is None:
            out.append(LeadRested(lead=flight.lead, due=now, why="campaign_gone"))
            return None
        self._learn(campaign, flight, event, now)
        if event.outcome is Outcome.MACHINE and not (flight.counted or flight.sampled):
            campaign.decided(_decided(Way.MACHINE, 0.0, flight, now))
        outcome = event.outcome.value
        campaign.totals.outcomes[outcome] = campaign.totals.outcomes.get(outcome, 0) + 1
        campaign.gauges.ended(outcome)
        if talked or flight.callback_at is not None or not flight.asked_for:
            fact = rest(
                flight.lead,
                event.outcome,
                talked=talked,
                attempts=flight.attempts,
                callback_at=flight.callback_at,
                promised_by=flight.promised_by,
                retry=campaign.settings.retry,
                now=now,
            )
            outgoing.rest(campaign, fact, out)
        if talked:
            self.remember(flight)
        return campaign

    def vetoed(self, event: AttemptVetoed, now: float, out: Said) -> Campaign | None:
        """Take back a call the ledger did not take: nothing was dialled, nothing counts; returns its campaign.

        The lead is read afresh and judged by what the store then tells of the customer."""
        VETOED.labels(event.campaign, event.why.value).inc()
        flight = self._books.close(event.call)
        campaign = self._campaigns.get(event.campaign)
        if flight is None:
            return campaign
        outgoing = self._outgoing
        outgoing.gate.withdraw(flight.call, flight.customer, flight.number_key)
        if trunk := outgoing.trunks.get(flight.trunk):
            trunk.ended(Outcome.REFUSED, withdrawn=True)
        if campaign is None:
            out.append(LeadRested(lead=flight.lead, due=now, why="campaign_gone"))
            return None
        campaign.totals.placed -= 1
        if event.why is Veto.IN_CALL:
            outgoing.refuse(campaign, flight.lead, Verdict.refused(Rule.IN_CALL, now + BUSY_RETRY_S), out)
        else:
            wait = {Veto.UNWRITTEN: UNKNOWN_REST_S, Veto.DO_NOT_CALL: TOLD_WITHIN_S}.get(event.why, 0.0)
            due = now + wait
            outgoing.rest(campaign, LeadRested(lead=flight.lead, due=due, why="refetch"), out)
        return campaign

    def remember(self, flight: Flight) -> None:
        """A call has ended whose agent may still say what came of it."""
        self._talked[flight.call] = flight
        if len(self._talked) > KEPT_FOR_DISPOSITION:
            del self._talked[next(iter(self._talked))]

    def disposed(self, event: CallDisposed, now: float, out: Said) -> None:
        """The agent's word: a promised callback makes the lead due again, a wish not to be called bars the customer."""
        open_call = self._books.flights.get(event.call)
        flight = open_call or self._talked.get(event.call)
        if flight is None:
            if event.callback_at is not None:
                self._strange("CallDisposed", out)
            return
        if campaign := self._campaigns.get(flight.campaign):
            campaign.screening.disposed(event.call, machine=event.disposition == campaign.settings.amd.disposition)
        if event.disposition == DO_NOT_CALL:
            self._bar(flight, DO_NOT_CALL, event.agent, now, out)
        if open_call is not None:
            flight.callback_at, flight.promised_by = event.callback_at, event.agent
        elif event.callback_at is not None and (campaign := self._campaigns.get(flight.campaign)):
            fact = LeadRested(lead=flight.lead, due=event.callback_at, why="callback", agent=event.agent)
            self._outgoing.rest(campaign, fact, out)

    def opted_out(self, event: OptOutPressed, now: float, out: Said) -> None:
        if flight := self._books.flights.get(CallId(event.leg)):
            self._bar(flight, "opt_out", "customer", now, out)

    def barred(self, event: CustomerBarred, now: float, out: Said) -> None:
        """From this instant nobody dials the customer; calls to him that nobody has answered are hung up (CMP-2)."""
        self._outgoing.gate.bars.bar_now(event.customer, event.number_key, event.why, now)
        self.take_back_barred(now, out)

    def bars_changed(self, event: BarsChanged, now: float, out: Said) -> None:
        """Entries were made or lifted, here or by another process."""
        self._outgoing.gate.bars.take(event.entries, now)
        self.take_back_barred(now, out)

    def lists_changed(self, event: ListsChanged, now: float, out: Said) -> None:
        """A regulator's list was replaced by another."""
        self._outgoing.gate.bars.hang(event.lists)
        self.take_back_barred(now, out)

    def take_back_barred(self, now: float, out: Said) -> None:
        """Hang up every call nobody has answered yet that could not be placed any more."""
        bars = self._outgoing.gate.bars
        for flight in list(self._books.flights.values()):
            if flight.cancelled or flight.stage not in CANCELLABLE:
                continue
            campaign = self._campaigns.get(flight.campaign)
            owner = campaign.settings.owner if campaign is not None else ""
            if bars.objection(flight.number, flight.number_key, flight.customer, flight.campaign, owner, now):
                self._outgoing.hang_up(flight, out)

    def wrapped(self, agent: AgentId, for_s: float) -> None:
        """An agent's wrap-up ended: it is learned for the campaign of his last call."""
        if campaign := self._campaigns.get(self._last.get(agent, CampaignId(""))):
            campaign.forecast.wrapped(for_s)

    def _bar(self, flight: Flight, why: str, actor: str, now: float, out: Said) -> None:
        fact = CustomerBarred(customer=flight.customer, number_key=flight.number_key, why=why, actor=actor)
        self._outgoing.gate.bars.bar_now(flight.customer, flight.number_key, why, now)
        out.append(fact)

    def _learn(self, campaign: Campaign, flight: Flight, event: CallEnded, now: float) -> None:
        if event.talk_s > 0:
            campaign.forecast.talked(event.talk_s + event.hold_s)
        if not flight.heard and WHOSE[event.outcome] in (Fault.CUSTOMER, Fault.NOBODY):
            campaign.came_to(flight, False, now)

    def _move(self, call: CallId, stage: Stage, allowed: frozenset[Stage] | None = None) -> Flight | None:
        flight = self._books.flights.get(call)
        if flight is None or (allowed is not None and flight.stage not in allowed):
            return None
        self._books.move(flight, stage)
        return flight

    def _strange(self, what: str, out: Said) -> None:
        ANOMALIES.labels(what.partition(" ")[0]).inc()
        out.append(Anomaly(where="dialer", what=f"{what}: call not in the books"))


def _decided(way: Way, waited_s: float, flight: Flight | None, now: float) -> Decided:
    heard_at = flight.heard_at if flight is not None else None
    return Decided(now, way, waited_s, None if heard_at is None else now - heard_at)
