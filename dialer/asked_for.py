"""Calls customers have asked for: callbacks instead of waiting, and messages answered by an agent.

They pass the gate as every call does, by the rules of the campaign they are made on: the do-not-call list, calling hours
and consent hold whatever the customer asked for; frequency rules hold unless the queue waives them, and the call counts
in either case. What is asked for is not the campaign's work list: its customer is not due again by the campaign's retry rules.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import copy

from dialer.books import Flight
from dialer.campaign import Campaign, Run
from dialer.gate import GateRules, may_dial
from dialer.metrics import REFUSALS
from dialer.outgoing import Outgoing, Said
from telephony.facts import DialRefused
from telephony.ids import AgentId, CallId, CampaignId, LeadId, ServerId
from telephony.later import (
    CallbackDialled,
    CallbackRefused,
    CallbackReserved,
    CalleeRead,
    MessageDialling,
    VoicemailDialled,
    VoicemailUndialled,
)
from telephony.leads import Lead

AGAIN_S = 30.0
CAMPAIGN_AGAIN_S = 60.0
MOST_READ = 2000
Refused = tuple[str, float | None]


class AskedFor:
    """Places the calls the acd keeps an agent for. `obstacle` says why dialling on a PBX is impossible."""

    def __init__(
        self,
        campaigns: Mapping[CampaignId, Campaign],
        outgoing: Outgoing,
        obstacle: Callable[[ServerId], str | None],
    ) -> None:
        self._campaigns = campaigns
        self._outgoing = outgoing
        self._obstacle = obstacle
        self._read: dict[str, Lead] = {}

    def read(self, event: CalleeRead, now: float) -> None:
        """The customer as the store has just told of him; kept until it is his turn."""
        self._read.pop(event.about, None)
        if event.lead is not None:
            self._read[event.about] = event.lead
            if len(self._read) > MOST_READ:
                del self._read[next(iter(self._read))]

    def callback(self, fact: CallbackReserved, now: float, out: Said) -> None:
        done = self._place(
            fact.callback, fact.campaign, fact.lead, fact.agent, fact.server, fact.waive_frequency, now, out
        )
        if isinstance(done, tuple):
            out.append(CallbackRefused(callback=fact.callback, rule=done[0], until=done[1]))
            return
        call, server = done.call, done.server
        out.append(
            CallbackDialled(callback=fact.callback, call=call, campaign=fact.campaign, agent=fact.agent, server=server)
        )

    def message(self, fact: MessageDialling, now: float, out: Said) -> None:
        done = self._place(
            fact.message, fact.campaign, fact.lead, fact.agent, fact.server, fact.waive_frequency, now, out
        )
        if isinstance(done, tuple):
            refused = VoicemailUndialled(message=fact.message, agent=fact.agent, rule=done[0], until=done[1])
            out.append(refused)
            return
        out.append(VoicemailDialled(message=fact.message, call=done.call, agent=fact.agent))

    def taken_over(self, calls: Iterable[CallId]) -> None:
        """Calls found under way at the start that had been asked for."""
        for call in calls:
            if flight := self._outgoing.books.flights.get(call):
                flight.asked_for = True

    def _place(
        self,
        about: str,
        name: CampaignId,
        lead_id: LeadId,
        agent: AgentId,
        server: ServerId,
        waive: bool,
        now: float,
        out: Said,
    ) -> Flight | Refused:
        """The call that was placed, or the rule that objects and until when (None: for good)."""
        campaign, lead = self._campaigns.get(name), self._read.pop(about, None)
        if campaign is None:
            return "campaign_unknown", now + CAMPAIGN_AGAIN_S
        if campaign.state is not Run.RUNNING:
            return "campaign_not_running", now + CAMPAIGN_AGAIN_S
        if lead is None or lead.id != lead_id:
            return "refetch", now + AGAIN_S
        if agent in self._outgoing.books.dedicated:
            return "agent_busy", now + AGAIN_S
        verdict = may_dial(lead, _waived(campaign.rules) if waive else campaign.rules, self._outgoing.gate, now)
        if verdict.passed:
            verdict = self._outgoing.no_trunk(campaign, lead, now)
        if verdict.rule is not None:
            rule = verdict.rule.value
            campaign.totals.refused += 1
            REFUSALS.labels(campaign.id, rule).inc()
            out.append(DialRefused(campaign=campaign.id, lead=lead.id, rule=rule, until=verdict.until))
            return rule, verdict.until
        if self._obstacle(server):
            return "obstacle", now + AGAIN_S
        trunk = self._outgoing.trunks.choose(campaign.trunks, server, lead.number, now)
        if trunk is None or self._obstacle(trunk.server):
            return "no_trunk", now + AGAIN_S
        return self._outgoing.place(campaign, lead, trunk, agent, "pace.asked_for", now, out, asked_for=True)


def _waived(rules: GateRules) -> GateRules:
    """The same rules without those on how often a customer may be called."""
    waived = copy(rules)
    waived.frequency = ()
    return waived
