"""Preview and manual dialling: a customer is shown to one agent, who dials him or gives him back."""

from collections.abc import Callable, Iterable, Mapping

from dialer.campaign import Campaign, Run
from dialer.crew import Crew
from dialer.gate import may_dial
from dialer.hopper import Held
from dialer.outgoing import Outgoing, Said
from telephony.agents import AgentAsk, DialAsked, PreviewAsked, SkipAsked
from telephony.facts import AskRefused, LeadRested, LeadShown, LeadSkipped
from telephony.ids import AgentId, CampaignId, ServerId
from telephony.leads import Lead
from telephony.ports import AgentSupply

BY_HAND = frozenset({"manual", "preview"})
SKIP_REST_S = 600.0
LOOKED_AT = 200
"""Leads the gate may refuse before an agent is told that there is none."""

_Shown = tuple[Campaign, Held]


class ByHand:
    """Which customer each agent has before him. `obstacle` says why dialling on a PBX is impossible, None if it is not."""

    def __init__(
        self,
        campaigns: Mapping[CampaignId, Campaign],
        outgoing: Outgoing,
        supply: AgentSupply,
        crew: Crew,
        obstacle: Callable[[ServerId], str | None],
    ) -> None:
        self._campaigns = campaigns
        self._outgoing = outgoing
        self._supply = supply
        self._crew = crew
        self._obstacle = obstacle
        self._shown: dict[AgentId, _Shown] = {}
        self.server_of: dict[AgentId, ServerId] = {}

    def preview(self, event: PreviewAsked, now: float, out: Said) -> None:
        campaign = self._campaigns.get(event.campaign)
        if campaign is None:
            return _refuse(event, "preview", "campaign.unknown", out)
        if campaign.settings.mode not in BY_HAND:
            return _refuse(event, "preview", "preview.wrong_mode", out)
        if campaign.state is not Run.RUNNING:
            return _refuse(event, "preview", "campaign.not_running", out)
        if not self._supply.may_take(event.agent, campaign.id) or event.agent in self._outgoing.books.dedicated:
            return _refuse(event, "preview", "preview.not_free", out)
        shown = self._shown.get(event.agent)
        if shown is None or shown[0] is not campaign:
            held = self._next(campaign, event.agent, now, out)
            if held is None:
                return _refuse(event, "preview", "preview.no_lead", out)
            self.give_back(event.agent, now, out)
            shown = self._shown[event.agent] = campaign, held
        out.append(LeadShown(agent=event.agent, campaign=campaign.id, lead=shown[1][2].id))
        return None

    def dial(self, event: DialAsked, now: float, out: Said) -> None:
        shown = self._shown.get(event.agent)
        if shown is None or shown[1][2].id != event.lead:
            return _refuse(event, "dial", "preview.not_shown", out)
        campaign, (_, _, lead, _) = shown
        if campaign.state is not Run.RUNNING:
            return _refuse(event, "dial", "campaign.not_running", out)
        if self._outgoing.stale(campaign, shown[1], now, out):
            del self._shown[event.agent]
            return _refuse(event, "dial", "preview.not_shown", out)
        if not self._supply.may_take(event.agent, campaign.id) or event.agent in self._outgoing.books.dedicated:
            return _refuse(event, "dial", "preview.not_free", out)
        verdict = may_dial(lead, campaign.rules, self._outgoing.gate, now)
        if verdict.passed:
            verdict = self._outgoing.no_trunk(campaign, lead, now)
        if verdict.rule is not None:
            del self._shown[event.agent]
            self._outgoing.refuse(campaign, lead.id, verdict, out)
            return _refuse(event, "dial", f"gate.{verdict.rule.value}", out)
        server = self.server_of.get(event.agent)
        if server is not None and (why := self._obstacle(server)):
            return _refuse(event, "dial", why, out)
        trunk = self._outgoing.trunks.choose(campaign.trunks, server, lead.number, now)
        if trunk is None or (why := self._obstacle(trunk.server)):
            return _refuse(event, "dial", "trunk.none" if trunk is None else why or "", out)
        del self._shown[event.agent]
        self._outgoing.place(campaign, lead, trunk, event.agent, "pace.by_hand", now, out)
        return None

    def skip(self, event: SkipAsked, now: float, out: Said) -> None:
        shown = self._shown.get(event.agent)
        if shown is None or shown[1][2].id != event.lead:
            return _refuse(event, "skip", "preview.not_shown", out)
        del self._shown[event.agent]
        out.append(LeadSkipped(agent=event.agent, lead=event.lead))
        self._outgoing.rest(shown[0], LeadRested(lead=event.lead, due=now + SKIP_REST_S, why="skipped"), out)
        return self.preview(PreviewAsked(actor=event.actor, agent=event.agent, campaign=shown[0].id), now, out)

    def give_back(self, agent: AgentId, now: float, out: Said) -> None:
        """The customer shown to the agent becomes everybody's again."""
        if shown := self._shown.pop(agent, None):
            self._outgoing.rest(shown[0], LeadRested(lead=shown[1][2].id, due=now, why="given_back"), out)

    def give_back_all(self, campaign: Campaign, now: float, out: Said) -> None:
        for agent in [agent for agent, shown in self._shown.items() if shown[0] is campaign]:
            self.give_back(agent, now, out)

    def take_away(self, wanted: Callable[[Lead], bool]) -> list[Lead]:
        """Customers that are no longer the agents' they are shown to."""
        gone = [agent for agent, (_, held) in self._shown.items() if wanted(held[2])]
        return [self._shown.pop(agent)[1][2] for agent in gone]

    def shown(self, campaign: Campaign) -> int:
        """How many agents have a customer of the campaign before them."""
        return sum(shown[0] is campaign for shown in self._shown.values())

    def _next(self, campaign: Campaign, agent: AgentId, now: float, out: Said) -> Held | None:
        own = campaign.portions.own
        hoppers = [*(own[holder] for holder in self._crew.own(agent) if holder in own), campaign.hopper]
        for _ in range(LOOKED_AT):
            held = _first(hopper.pop_for(agent) for hopper in hoppers) or _first(hopper.pop() for hopper in hoppers)
            if held is None:
                return None
            if self._outgoing.stale(campaign, held, now, out):
                continue
            verdict = may_dial(held[2], campaign.rules, self._outgoing.gate, now)
            if verdict.passed:
                return held
            self._outgoing.refuse(campaign, held[2].id, verdict, out)
        return None


def _refuse(event: AgentAsk, what: str, code: str, out: Said) -> None:
    out.append(AskRefused(actor=event.actor, what=what, code=code))


def _first(found: Iterable[Held | None]) -> Held | None:
    return next((held for held in found if held is not None), None)
