"""Leads at hand of one campaign: everybody's in the common hopper, those one group or agent holds in hoppers of their own.

A hopper of its own is dialled one call for one free agent of its holder, so nobody else can get its customers.
"""

from collections.abc import Callable, Iterable

from dialer.hopper import Hopper
from telephony.batches import EVERYBODY
from telephony.ids import CampaignId
from telephony.leads import Lead, LeadsFetched

MOVED_FOR_S = 900.0
"""A store's answer older than this has been given up long since."""


class Portions:
    """The hoppers of one campaign by holder."""

    def __init__(self, campaign: CampaignId) -> None:
        self.campaign = campaign
        self.common = Hopper(campaign)
        self.own: dict[str, Hopper] = {}

    def __len__(self) -> int:
        return len(self.common) + sum(len(hopper) for hopper in self.own.values())

    def share(self, holders: tuple[str, ...]) -> None:
        """Learn whose leads everybody of the campaign may be given."""
        self.common.holders = holders
        for holder in holders:
            self.own.pop(holder, None)

    def learn(self, holder: str) -> None:
        """The holder has leads of this campaign."""
        if holder == EVERYBODY or holder in self.common.holders:
            self.common.wake()
        elif holder in self.own:
            self.own[holder].wake()
        else:
            self.own[holder] = Hopper(self.campaign, (holder,))

    def of(self, holder: str) -> Hopper:
        """The hopper a holder's leads are in."""
        if holder in self.common.holders:
            return self.common
        if holder not in self.own:
            self.own[holder] = Hopper(self.campaign, (holder,))
        return self.own[holder]

    def put(self, lead: Lead, now: float) -> None:
        self.of(lead.holder).put(lead, now)

    def fetched(self, event: LeadsFetched, *, shut_until: float | None, now: float) -> None:
        self.of(event.holders[0]).fetched(event, shut_until=shut_until, now=now)

    def comes_due(self, at: float) -> None:
        """A lead of the campaign will be due at that instant: no hopper sleeps past it."""
        self.common.comes_due(at)
        for hopper in self.own.values():
            hopper.comes_due(at)

    def release_overdue(self, now: float, grace_s: float) -> None:
        self.common.release_overdue(now, grace_s)
        for hopper in self.own.values():
            hopper.release_overdue(now, grace_s)

    def take_out(self, wanted: Callable[[Lead], bool]) -> list[Lead]:
        """Give up the leads wanted elsewhere."""
        return [lead for hopper in (self.common, *self.own.values()) for lead in hopper.take_out(wanted)]

    def empty(self) -> list[Lead]:
        """Give up everything held."""
        return [lead for hopper in (self.common, *self.own.values()) for lead in hopper.empty()]


class Moved:
    """Leads that changed hands of late and batches that are closed: what an answer of the store may not know yet."""

    def __init__(self) -> None:
        self._holder: dict[int, tuple[str, float]] = {}
        self._closed: set[str] = set()
        self._swept = 0.0

    def hand(self, leads: Iterable[int], holder: str, now: float) -> None:
        if now - self._swept > MOVED_FOR_S:
            self._swept = now
            self._holder = {lead: one for lead, one in self._holder.items() if now - one[1] < MOVED_FOR_S}
        self._holder.update((lead, (holder, now)) for lead in leads)

    def close(self, batch: str) -> None:
        self._closed.add(batch)

    def closed(self, lead: Lead) -> bool:
        """Whether the lead's batch is closed."""
        return lead.batch in self._closed

    def outdated(self, lead: Lead) -> bool:
        """Whether the lead was read before it changed hands."""
        known = self._holder.get(lead.id)
        return known is not None and known[0] != lead.holder
