"""Automatic dialling: on every tick, and when an agent comes free, decide for each PBX how many calls to place and do it."""

from collections.abc import Callable, Collection, Mapping, Set
from math import ceil

from dialer.books import Cell
from dialer.byhand import ByHand
from dialer.campaign import Campaign, Run
from dialer.crew import Crew
from dialer.gate import may_dial
from dialer.hopper import Held, Hopper
from dialer.metrics import PLACED
from dialer.outgoing import Outgoing, Said
from dialer.pacing import LEAVES_SOON_S, PaceView, Placement
from dialer.pacing.rivals import Rival, answers
from dialer.pacing.view import Sums
from telephony.ids import AgentId, CampaignId, ServerId
from telephony.ports import AgentSupply, SupplyCounts

REFUSED_PER_TICK = 50
"""Leads the gate may refuse in one decision before the rest waits for the next."""
PORTION_AT_HAND = 20
"""Fewest leads kept at hand of what one group or agent holds."""


class Automatic:
    """Places calls for whoever may take them. `obstacle` says why dialling on a PBX is impossible, None if it is not."""

    def __init__(
        self,
        campaigns: Mapping[CampaignId, Campaign],
        outgoing: Outgoing,
        supply: AgentSupply,
        by_hand: ByHand,
        crew: Crew,
        obstacle: Callable[[ServerId], str | None],
    ) -> None:
        self._campaigns = campaigns
        self._outgoing = outgoing
        self._supply = supply
        self._by_hand = by_hand
        self._crew = crew
        self._obstacle = obstacle
        self._sharing: dict[CampaignId, tuple[tuple[CampaignId, float], ...]] = {}

    def share(self, serves: Mapping[AgentId, tuple[CampaignId, ...]], present: Set[AgentId] = frozenset()) -> None:
        """Learn what share of every other campaign's agents serves a campaign too: of those `present`, while anybody is."""
        crew: dict[CampaignId, set[AgentId]] = {}
        for agent, campaigns in serves.items():
            if present and agent not in present:
                continue
            for campaign in campaigns:
                crew.setdefault(campaign, set()).add(agent)
        self._sharing = {
            own: tuple(
                (other, len(crew[own] & crew[other]) / len(crew[other]))
                for other in crew
                if other != own and crew[own] & crew[other]
            )
            for own in crew
        }

    def agent_free(self, campaign: Campaign, server: ServerId, now: float, out: Said) -> None:
        """Decide at once for an agent who came free, unless calls enough are out for him already."""
        if campaign.state is Run.RUNNING:
            free = self._supply.counts(campaign.id, server).free
            if free > self._outgoing.books.unserved(campaign.id, server):
                self.pace(campaign, now, out)

    def pace(self, campaign: Campaign, now: float, out: Said) -> None:
        """Decide once for every PBX of the campaign, then see to its hopper."""
        if campaign.state is not Run.RUNNING:
            return
        if campaign.automatic:
            campaign.aim(now)
        signed_in, chosen = 0, Placement(0, "pace.no_trunk")
        for server in campaign.servers:
            if why := self._obstacle(server):
                placement = Placement(0, why, {"server": server})
            elif self._outgoing.surge and campaign.automatic:
                placement = Placement(0, "pace.surge")
            else:
                counts = self._supply.counts(campaign.id, server)
                signed_in += counts.signed_in
                if counts.signed_in <= 0:
                    self.nobody_left(campaign, server, out)
                    placement = Placement(0, self._supply.withheld(campaign.id, server) or "pace.no_agents")
                elif campaign.automatic:
                    placement = self._decide(campaign, server, counts, now, out)
                else:
                    placement = Placement(0, "pace.by_hand")
            if chosen.code in ("pace.no_trunk", "pace.no_agents") or placement.count > chosen.count:
                chosen = placement
        campaign.placement = chosen
        if self._outgoing.store_healthy:
            extra = self._by_hand.shown(campaign) if not campaign.automatic else 0
            if fetch := campaign.hopper.fetch(campaign.settings.hopper, campaign.pace(now), signed_in + extra, now):
                out.append(fetch)
            for holder, hopper in campaign.portions.own.items():
                there = len(self._crew.present(campaign.id, holder))
                if there and (fetch := hopper.fetch(PORTION_AT_HAND, 0.0, there, now)):
                    out.append(fetch)

    def _decide(self, campaign: Campaign, server: ServerId, counts: SupplyCounts, now: float, out: Said) -> Placement:
        room = self._outgoing.trunks.room(campaign.trunks, server, now)
        own = self._personal(campaign, server, min(counts.free, room), now, out)
        if campaign.portions.own:
            own += self._portioned(campaign, server, min(counts.free, room) - own, now, out)
        cell = self._outgoing.books.cell(campaign.id, server)
        pending, told = _out(campaign, cell)
        since = self._supply.busy_since(campaign.id, server)
        placement = campaign.pacer.place(
            PaceView(
                leaving=self._supply.leaving(campaign.id, server, now + LEAVES_SOON_S),
                wrap_ends=self._supply.wrap_ends(campaign.id, server) if counts.wrapping else (),
                wrap_limit_s=self._supply.wrap_up_s(campaign.id),
                now=now,
                free=max(0, counts.free - own),
                talking=max(0, counts.signed_in - counts.free - counts.wrapping) + own,
                wrapping=counts.wrapping,
                talks=since.talks,
                wraps=since.wraps,
                server=server,
                pending=pending,
                chances=told,
                next=campaign.coming(now),
                listening=campaign.screening.odds(cell.listened.values(), now).tolist() if cell.listened else (),
                patience_s=campaign.patience_s,
                taken_per_s=campaign.taken.per_s(now),
                rivals=self._rivals(campaign.id, server, now),
                waiting=cell.waiting,
                room=room - own,
                shared=self._shared(campaign.id, server),
            )
        )
        if placement.code == "pace.lines" and (ill := self._outgoing.trunks.ill(campaign.trunks, server)):
            placement = Placement(placement.count, "pace.trunk_probed", {**placement.words, "trunk": ill})
        if placement.count:
            placed = self._place(campaign, server, placement, now, out)
            campaign.paced(placed, now)
            if placed < placement.count:
                campaign.budget.binding = False
                return Placement(placed, "pace.no_leads", placement.words)
        return placement

    def _place(self, campaign: Campaign, server: ServerId, placement: Placement, now: float, out: Said) -> int:
        """Place up to that many calls from the hopper; returns how many."""
        outgoing, hopper, rules, gate = self._outgoing, campaign.hopper, campaign.rules, self._outgoing.gate
        trunks, reason = campaign.trunks, placement.code
        placed = refused = 0
        aside: list[Held] = []
        while placed < placement.count and refused + len(aside) < REFUSED_PER_TICK:
            held = hopper.pop()
            if held is None:
                break
            lead = held[2]
            if outgoing.stale(campaign, held, now, out):
                continue
            verdict = may_dial(lead, rules, gate, now)
            if verdict.rule is None:
                trunk = outgoing.trunks.choose(trunks, server, lead.number, now)
                if trunk is not None:
                    outgoing.place(campaign, lead, trunk, None, reason, now, out)
                    placed += 1
                    continue
                verdict = outgoing.no_trunk(campaign, lead, now)
            if verdict.rule is None:
                aside.append(held)
            else:
                outgoing.refuse(campaign, lead.id, verdict, out)
                refused += 1
        for held in aside:
            hopper.put_back(held)
        PLACED.labels(campaign.id).inc(placed)
        return placed

    def _personal(self, campaign: Campaign, server: ServerId, most: int, now: float, out: Said) -> int:
        """Dial what was promised to agents who are free now; returns how many agents that takes."""
        taken = 0
        hopper = campaign.hopper
        for agent in hopper.waited_for():
            if taken >= most:
                break
            if self._free_for_himself(agent, campaign, server):
                held = hopper.pop_for(agent)
                taken += held is not None and self._dial_for(agent, campaign, hopper, held, server, now, out)
        return taken

    def _portioned(self, campaign: Campaign, server: ServerId, most: int, now: float, out: Said) -> int:
        """Dial one lead for each free agent of a group, or agent, that holds leads; returns how many agents that takes."""
        taken = 0
        for holder, hopper in campaign.portions.own.items():
            for agent in self._crew.present(campaign.id, holder) if len(hopper) else ():
                if taken >= most:
                    return taken
                if not self._free_for_himself(agent, campaign, server):
                    continue
                for _ in range(REFUSED_PER_TICK):
                    held = hopper.pop_for(agent) or hopper.pop()
                    if held is None:
                        break
                    if self._dial_for(agent, campaign, hopper, held, server, now, out):
                        taken += 1
                        break
        return taken

    def _free_for_himself(self, agent: AgentId, campaign: Campaign, server: ServerId) -> bool:
        if self._by_hand.server_of.get(agent, server) != server or agent in self._outgoing.books.dedicated:
            return False
        return self._supply.may_take(agent, campaign.id)

    def _dial_for(
        self, agent: AgentId, campaign: Campaign, hopper: Hopper, held: Held, server: ServerId, now: float, out: Said
    ) -> bool:
        """Dial a lead for one agent; False when it could not be."""
        outgoing = self._outgoing
        if outgoing.stale(campaign, held, now, out):
            return False
        verdict = may_dial(held[2], campaign.rules, outgoing.gate, now)
        if verdict.passed:
            verdict = outgoing.no_trunk(campaign, held[2], now)
        if verdict.rule is not None:
            outgoing.refuse(campaign, held[2].id, verdict, out)
            return False
        trunk = outgoing.trunks.choose(campaign.trunks, server, held[2].number, now)
        if trunk is None:
            hopper.put_back(held)
            return False
        reason = "pace.callback" if held[2].agent is not None else "pace.portion"
        outgoing.place(campaign, held[2], trunk, agent, reason, now, out)
        return True

    def nobody_left(self, campaign: Campaign, server: ServerId, out: Said) -> None:
        cell = self._outgoing.books.cell(campaign.id, server)
        if self._supply.withheld(campaign.id, server):
            return
        if cell.pending and self._supply.counts(campaign.id, server).signed_in <= 0:
            campaign.placement = Placement(0, "pace.no_agents")
            self._outgoing.cancel(campaign, server, out)

    def _rivals(self, campaign: CampaignId, server: ServerId, now: float) -> Sums | None:
        sharing = self._sharing.get(campaign)
        if not sharing:
            return None
        found: list[Rival] = []
        for name, share in sharing:
            other, cell = self._campaigns.get(name), self._outgoing.books.cell(name, server)
            if other is not None:
                found.append(Rival(other.forecast, *_out(other, cell), cell.waiting, share))
        return answers(found, now)

    def _shared(self, campaign: CampaignId, server: ServerId) -> int:
        books = self._outgoing.books
        return ceil(sum(books.unserved(other, server) * share for other, share in self._sharing.get(campaign, ())))


def _out(campaign: Campaign, cell: Cell) -> tuple[Collection[float], Collection[float]]:
    """When each call was placed that nobody listens to, and what is told of its lead."""
    pending, told, listened = cell.pending, cell.told, cell.listened
    trusted = campaign.odds.trusted
    if not listened:
        return pending.values(), told.values() if trusted else ()
    left = [call for call in pending if call not in listened]
    return [pending[call] for call in left], [told[call] for call in left] if trusted else ()
