"""What becomes of a call that was not heard to be a person's."""

import pytest

from acd.screening import drawn, what_becomes
from config.model import AmdSettings, CampaignSettings
from telephony.commands import HangUp, LeaveMessage
from telephony.detection import Heard, Then
from telephony.facts import CallOffered, CallScreened
from telephony.ids import CallId

from .test_engine import Floor, of

NO_SAMPLE = AmdSettings(stage="asterisk", sample=0.0)


def amd(**how: object) -> CampaignSettings:
    return CampaignSettings.model_validate({"amd": {"stage": "asterisk", "sample": 0.0, **how}})


def test_person_goes_to_an_agent_whatever_is_to_become_of_machines() -> None:
    for settings in (None, NO_SAMPLE, AmdSettings(stage="asterisk", sample=1.0)):
        assert what_becomes(Heard.HUMAN, settings, CallId("c-1"), agent_free=True) is Then.AGENT


@pytest.mark.parametrize("then", ["hang_up", "message", "agent"])
def test_campaign_says_what_becomes_of_machines_and_of_what_is_not_sure(then: str) -> None:
    settings = AmdSettings.model_validate({"stage": "asterisk", "sample": 0.0, "machine": then, "unsure": then})
    for heard in (Heard.MACHINE, Heard.UNSURE):
        assert what_becomes(heard, settings, CallId("c-1"), agent_free=True) is Then(then)


def test_sample_goes_only_to_an_agent_who_is_free() -> None:
    all_of_them = AmdSettings(stage="asterisk", sample=1.0)
    assert what_becomes(Heard.MACHINE, all_of_them, CallId("c-1"), agent_free=True) is Then.SAMPLE
    assert what_becomes(Heard.MACHINE, all_of_them, CallId("c-1"), agent_free=False) is Then.HANG_UP


def test_sample_is_the_share_asked_for_and_the_same_calls_every_time() -> None:
    calls = [CallId(f"c-mh3k2f1a-{n:06}") for n in range(20_000)]
    chosen = [call for call in calls if drawn(call, 0.03)]
    assert 500 < len(chosen) < 700
    assert chosen == [call for call in calls if drawn(call, 0.03)]
    assert set(chosen) <= {call for call in calls if drawn(call, 0.1)}
    assert not any(drawn(call, 0.0) for call in calls)
    assert all(drawn(call, 1.0) for call in calls)


def test_machine_of_a_campaign_that_is_gone_is_hung_up_on_and_the_rest_is_not() -> None:
    assert what_becomes(Heard.MACHINE, None, CallId("c-1"), agent_free=True) is Then.HANG_UP
    assert what_becomes(Heard.UNSURE, None, CallId("c-1"), agent_free=True) is Then.AGENT


def test_machine_is_left_the_message_of_the_campaign_and_no_agent_is_kept_for_it() -> None:
    floor = Floor(campaign=amd(machine="message", message="spring-machine"))
    floor.sign_in()
    said = floor.customer(amd="MACHINE")
    assert [one.message for one in of(said, LeaveMessage)] == ["spring-machine"]
    assert not of(said, CallOffered)
    assert not of(said, HangUp)


def test_sampled_machine_goes_to_the_free_agent_and_the_offer_says_why() -> None:
    floor = Floor(campaign=amd(sample=1.0))
    floor.sign_in()
    said = floor.customer(amd="MACHINE")
    assert [one.then for one in of(said, CallScreened)] == [Then.SAMPLE]
    assert [one.why for one in of(said, CallOffered)] == ["sample of calls taken for machines"]


def test_call_that_is_not_sure_goes_to_an_agent_as_shipped() -> None:
    floor = Floor(campaign=CampaignSettings.model_validate({"amd": True}))
    floor.sign_in()
    said = floor.customer(amd="NOTSURE")
    assert [one.then for one in of(said, CallScreened)] == [Then.AGENT]
    assert of(said, CallOffered)


def test_agents_may_say_machine_where_a_detector_listens_and_not_elsewhere() -> None:
    assert "machine" in CampaignSettings.model_validate({"amd": True}).said_of_calls
    assert "machine" not in CampaignSettings().said_of_calls
