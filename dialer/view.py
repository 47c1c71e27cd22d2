"""A campaign as the pages show it."""

from dialer.books import Books, Stage
from dialer.campaign import Campaign, Run
from dialer.pacing import Placement
from telephony.ports import AgentSupply
from telephony.views import CampaignView


def campaign_view(one: Campaign, books: Books, supply: AgentSupply, now: float) -> CampaignView:
    """Its state, stages, agents, pace and counts at `now`."""
    totals, stages = one.totals, books.stages(one.id)
    placement = one.placement if one.state is Run.RUNNING else Placement(0, f"pace.{one.state.value}")
    contracts = one.contracts.figures(now)
    return CampaignView(
        id=one.id,
        title=one.settings.title,
        state=one.state.value,
        mode=one.settings.mode,
        stages={
            "dialling": stages[Stage.DIALLING],
            "ringing": stages[Stage.RINGING],
            "waiting": stages[Stage.ANSWERED] + stages[Stage.WAITING] + stages[Stage.OFFERED],
            "talking": stages[Stage.TALKING],
        },
        agents=_agents(one, supply),
        hopper=len(one.portions),
        pace=one.pace(now),
        reason_code=placement.code,
        reason_words=placement.words,
        placed=totals.placed,
        answered=totals.answered,
        connected=totals.connected,
        abandoned=totals.abandoned,
        refused=totals.refused,
        answer_rate=totals.answer_rate,
        abandon_rate=contracts[0].rate,
        target_abandon=contracts[0].target,
        outcomes=dict(totals.outcomes),
        contracts=contracts,
        risk_cap=one.budget.cap if one.settings.mode == "predictive" else None,
    )


def _agents(campaign: Campaign, supply: AgentSupply) -> dict[str, int]:
    found = dict.fromkeys(("free", "reserved", "talking", "wrapping", "signed_in"), 0)
    for server in campaign.servers:
        counts = supply.counts(campaign.id, server)
        found["free"] += counts.free
        found["reserved"] += counts.reserved
        found["talking"] += counts.talking
        found["wrapping"] += counts.wrapping
        found["signed_in"] += counts.signed_in
    return found
