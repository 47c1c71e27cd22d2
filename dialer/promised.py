"""Calls agents have promised (OUT-4), changed by a person: whoever holds the lead as it was gives it up."""

from collections.abc import Mapping

from dialer.byhand import ByHand
from dialer.campaign import Campaign
from dialer.outgoing import Said
from telephony.ids import CampaignId
from telephony.later import AppointmentChanged
from telephony.leads import Lead


class Promised:
    """Keeps hoppers in step with what people change of promised calls."""

    def __init__(self, campaigns: Mapping[CampaignId, Campaign], by_hand: ByHand) -> None:
        self._campaigns, self._by_hand = campaigns, by_hand

    def changed(self, fact: AppointmentChanged, now: float, out: Said) -> None:
        """The store has it as it is now; it is fetched anew when it is due."""
        campaign = self._campaigns.get(fact.campaign)
        if campaign is None:
            return

        def same(lead: Lead) -> bool:
            return lead.id == fact.lead

        campaign.portions.take_out(same)
        self._by_hand.take_away(same)
        if fact.due is not None:
            campaign.portions.comes_due(fact.due)
