"""A call the ledger did not take: nothing left, so nothing counts, and everything it held is free again."""

import pytest

from config.model import FrequencyRule
from telephony.facts import AttemptPlaced, AttemptVetoed, CampaignChanged, DialRefused, LeadRested, Veto

from .floor import SALES, Agents, Floor, campaign, lead, only, placed, trunk


def veto(call: AttemptPlaced, why: Veto = Veto.CHANGED) -> AttemptVetoed:
    return AttemptVetoed(call=call.call, campaign=call.campaign, lead=call.lead, why=why)


def running() -> tuple[Floor, AttemptPlaced]:
    once = FrequencyRule(calls=1, within="1 month", rest="3 months")
    floor = Floor(
        campaign(frequency=[once]),
        agents=Agents(1),
        trunks=[trunk(channels=1)],
        leads=[lead(1)],
    )
    return floor, placed(floor.ask("start"))[0]


def test_its_customer_may_be_called_again_and_its_line_is_free() -> None:
    floor, call = running()
    said = floor.tell(veto(call))
    assert [(rested.lead, rested.due, rested.why) for rested in only(said, LeadRested)] == [(1, floor.now, "refetch")]
    shown = floor.engine.view("sales", floor.now)
    assert (shown.placed, shown.stages["dialling"], shown.refused) == (0, 0, 0)
    floor.leads = [lead(1)]
    assert [again.lead for again in placed(floor.tick(60.0))] == [1]


def test_a_customer_in_a_call_of_another_server_is_refused_and_counted() -> None:
    floor, call = running()
    said = floor.tell(veto(call, Veto.IN_CALL))
    assert [refused.rule for refused in only(said, DialRefused)] == ["in_call"]
    assert only(said, LeadRested)[0].due == floor.now + 600.0


def test_what_the_database_does_not_take_is_not_tried_again_the_same_day() -> None:
    floor, call = running()
    said = floor.tell(veto(call, Veto.UNWRITTEN))
    assert only(said, LeadRested)[0].due == floor.now + 86_400.0


def test_a_draining_campaign_is_empty_after_it() -> None:
    floor, call = running()
    floor.ask("drain")
    assert [changed.state for changed in only(floor.tell(veto(call)), CampaignChanged)] == ["stopped"]


@pytest.mark.parametrize("why", list(Veto))
def test_a_veto_of_a_call_nobody_knows_changes_nothing(why: Veto) -> None:
    floor, call = running()
    floor.tell(veto(call, why))
    assert floor.tell(veto(call, why)) == []
    assert floor.engine.view(SALES, floor.now).placed == 0
