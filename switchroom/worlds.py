"""Customers of a scenario as leads for the store."""

from collections.abc import Iterator

from simulator.scenario import Scenario
from store.intake import NewLead
from telephony.ids import CampaignId, CustomerId

ZONES = ("Asia/Shanghai",)


def new_leads(scenario: Scenario, hours: float | None) -> Iterator[NewLead]:
    """The scenario's leads, enough for so many hours (None: its own)."""
    for lead in scenario.made_leads(hours):
        yield NewLead(
            campaign=CampaignId(lead.campaign),
            customer=CustomerId(lead.customer),
            number=lead.number,
            name=lead.name,
            zones=ZONES,
        )
