"""The act of placing a call: reserve customer and trunk, enter it in the books, state the intent, ask for the Originate."""

from collections.abc import Callable

from dialer.books import CANCELLABLE, Books, Flight
from dialer.campaign import Campaign
from dialer.donotcall.bars import Bars
from dialer.gate import DAY_S, GateState, Rule, Verdict
from dialer.hopper import STALE_S, Held
from dialer.metrics import REFUSALS
from dialer.trunks import Trunk, TrunkBoard
from telephony.commands import Command, HangUp, Originate
from telephony.facts import AttemptPlaced, DialRefused, Fact, LeadRested
from telephony.ids import AgentId, CallId, LeadId, ServerId, call_leg
from telephony.leads import Contact, Lead

Said = list[Fact | Command]


class Outgoing:
    """What all campaigns share when they dial."""

    def __init__(self, trunks: TrunkBoard, call_ids: Callable[[], CallId], bars: Bars | None = None) -> None:
        self.books = Books()
        self.gate = GateState(bars)
        self.trunks = trunks
        self._call_ids = call_ids
        self.store_healthy = True
        self.surge = False
        """Whether the surge plan has outbound campaigns place no calls."""

    def place(
        self,
        campaign: Campaign,
        lead: Lead,
        trunk: Trunk,
        agent: AgentId | None,
        reason: str,
        now: float,
        out: Said,
        *,
        asked_for: bool = False,
    ) -> Flight:
        """Place a call the gate has just passed; `asked_for` by the customer, outside the campaign's work list."""
        call = self._call_ids()
        traits, told = campaign.told(lead, now)
        settings = campaign.settings
        server, customer, key = trunk.server, lead.customer, lead.number_key
        self.gate.reserve(Contact(at=now, call=call, customer=customer, number_key=key, campaign=campaign.id))
        trunk.take(now)
        flight = Flight(
            call=call,
            campaign=campaign.id,
            lead=lead.id,
            customer=customer,
            number_key=key,
            number=lead.number,
            trunk=trunk.id,
            server=server,
            agent=agent,
            attempts=lead.attempts + 1,
            placed_at=now,
            told=told,
            traits=traits,
            listened=campaign.listen is not None,
            asked_for=asked_for,
        )
        self.books.open(flight)
        campaign.totals.placed += 1
        caller_id = campaign.caller_id(trunk)
        out.append(
            AttemptPlaced(
                call=call,
                campaign=campaign.id,
                lead=lead.id,
                customer=customer,
                number_key=key,
                trunk=trunk.id,
                server=server,
                caller_id=caller_id,
                mode=settings.mode,
                agent=agent,
                reason=reason,
                chance=round(campaign.forecast.chance(told), 3),
            )
        )
        out.append(
            Originate(
                server=server,
                call=call,
                campaign=campaign.id,
                number=lead.number,
                trunk=trunk.id,
                dial=trunk.settings.dial,
                caller_id=caller_id,
                ring_s=settings.ring_s,
                listen=campaign.listen,
            )
        )
        return flight

    def refuse(self, campaign: Campaign, lead: LeadId, verdict: Verdict, out: Said) -> None:
        """Send a lead the gate refused to rest; said once, since it leaves the hopper."""
        assert verdict.rule is not None
        rule = verdict.rule.value
        campaign.totals.refused += 1
        REFUSALS.labels(campaign.id, rule).inc()
        out.append(DialRefused(campaign=campaign.id, lead=lead, rule=rule, until=verdict.until))
        self.rest(campaign, LeadRested(lead=lead, due=verdict.until, why=rule), out)

    def rest(self, campaign: Campaign, fact: LeadRested, out: Said) -> None:
        """Say what becomes of a lead, and have the hopper awake when it is due."""
        if fact.due is not None:
            campaign.portions.comes_due(fact.due)
        out.append(fact)

    def stale(self, campaign: Campaign, held: Held, now: float, out: Said) -> bool:
        """Whether the lead was fetched so long ago that the store must tell of it afresh; then it is given back."""
        if now - held[3] <= STALE_S:
            return False
        self.rest(campaign, LeadRested(lead=held[2].id, due=min(held[2].due, now), why="refetch"), out)
        return True

    def no_trunk(self, campaign: Campaign, lead: Lead, now: float) -> Verdict:
        """Refused when none of the campaign's trunks may carry the number at all; passed when they are only busy."""
        if any(trunk.allows(lead.number) for trunk in campaign.trunks):
            return Verdict.ok()
        return Verdict.refused(Rule.PREFIX, now + DAY_S)

    def cancel(self, campaign: Campaign, server: ServerId | None, out: Said) -> None:
        """Hang up the campaign's calls nobody has answered yet, on one PBX or on all; each once."""
        for flight in list(self.books.of(campaign.id)):
            if flight.stage in CANCELLABLE and server in (None, flight.server):
                self.hang_up(flight, out)

    def hang_up(self, flight: Flight, out: Said) -> None:
        if not flight.cancelled:
            self.books.cancel(flight)
            out.append(HangUp(server=flight.server, leg=call_leg(flight.call)))
