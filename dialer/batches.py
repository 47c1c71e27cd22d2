"""What the dialler does when leads change hands or a batch closes: what it holds of them leaves its hoppers at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from dialer.byhand import ByHand
from dialer.campaign import Campaign
from dialer.outgoing import Said
from dialer.portions import Moved
from telephony.batches import CLOSED, HELD, BatchClosed, LeadsMoved
from telephony.facts import LeadRested
from telephony.ids import CampaignId
from telephony.leads import Lead


class Batches:
    """Calls in progress are none of its business: they finish."""

    def __init__(self, campaigns: Mapping[CampaignId, Campaign], by_hand: ByHand) -> None:
        self._campaigns = campaigns
        self._by_hand = by_hand
        self._moved = Moved()

    def moved(self, event: LeadsMoved, now: float, out: Said) -> None:
        """They leave where they are at hand, and are fetched again for whom they have now."""
        campaign = self._campaigns.get(event.campaign)
        self._moved.hand(event.leads, event.to, now)
        if campaign is None:
            return
        gone = set(event.leads)
        self._take(campaign, lambda lead: lead.id in gone)
        if event.to not in (HELD, CLOSED):
            campaign.portions.learn(event.to)

    def closed(self, event: BatchClosed, now: float, out: Said) -> None:
        """From this instant none of its leads is dialled."""
        self._moved.close(event.batch)
        if campaign := self._campaigns.get(event.campaign):
            self._take(campaign, lambda lead: lead.batch == event.batch)

    def still(self, campaign: Campaign, leads: Iterable[Lead], out: Said) -> Iterator[Lead]:
        """Of leads the store has brought, those it would bring now too; the others are forgotten or asked for afresh."""
        for lead in leads:
            if self._moved.closed(lead):
                continue
            if self._moved.outdated(lead):
                out.append(LeadRested(lead=lead.id, due=lead.due, why="moved"))
                continue
            yield lead

    def _take(self, campaign: Campaign, wanted: Callable[[Lead], bool]) -> None:
        campaign.portions.take_out(wanted)
        self._by_hand.take_away(wanted)
