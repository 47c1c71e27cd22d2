"""Agents at work over the API: phones that ring for each call, preview and manual dialling, hold and resume."""

from pathlib import Path

import pytest

from telephony.facts import (
    AttemptPlaced,
    CallConnected,
    CallDisposed,
    CallEnded,
    CallHeld,
    CallResumed,
    LeadShown,
    LeadSkipped,
    OfferFailed,
)
from telephony.outcomes import Outcome
from tests.scenarios.open_floor import OpenFloor, campaign, customer, open_floor

LEADS = [customer(n, talk_s=0) for n in range(1, 30)]


async def in_by_api(floor: OpenFloor, agent: str) -> None:
    await floor.linked()
    await floor.api("POST", f"/agents/{agent}/sign-in", {})
    await floor.until(lambda: floor.agent(agent).seated, "the phone is there")
    await floor.api("POST", f"/agents/{agent}/ready", {})


async def test_agent_who_lets_it_ring_becomes_not_ready_and_his_customer_reaches_the_next(tmp_path: Path) -> None:
    patient = campaign(pacing={"tick_s": 0.1, "patience_s": 20.0})
    async with open_floor(tmp_path, {"spring": patient}, leads={"spring": LEADS[:1]}, mode="ring_each_call") as floor:
        deaf, awake = floor.agents
        floor.pbxs[0].exchange.phones[f"PJSIP/{deaf}"].answers_after_s = None
        await floor.work(deaf)
        floor.campaign("spring", "start")
        await floor.until(lambda: floor.state(deaf) == "ringing", "his phone rings")
        await floor.work(awake)
        await floor.until(lambda: len(floor.told(CallConnected)) == 1, "the customer is connected")
        (connected,) = floor.told(CallConnected)
        assert (connected.agent, connected.call) == (awake, floor.told(OfferFailed)[0].call)
        assert (floor.state(deaf), floor.agent(deaf).reason) == ("aux", "no_answer")
        assert [fact.agent for fact in floor.told(OfferFailed)] == [deaf]
        assert floor.told(CallEnded) == []
        assert floor.sound()


@pytest.mark.parametrize("mode", ["preview", "manual"])
async def test_preview_from_the_customer_shown_to_the_word_on_the_call(tmp_path: Path, mode: str) -> None:
    async with open_floor(tmp_path, {"spring": campaign(mode=mode)}, leads={"spring": LEADS}, agents=1) as floor:
        agent = floor.agents[0]
        await in_by_api(floor, agent)
        await floor.api("POST", "/campaigns/spring/start", {})
        await floor.until(lambda: floor.shown("spring").hopper > 0, "leads are at hand")
        assert floor.told(AttemptPlaced) == []

        await floor.api("POST", f"/agents/{agent}/preview", {"campaign": "spring"})
        first = floor.told(LeadShown)[0].lead
        await floor.api("POST", f"/agents/{agent}/skip", {"lead": first})
        assert [fact.lead for fact in floor.told(LeadSkipped)] == [first]
        second = floor.told(LeadShown)[-1].lead
        assert second != first

        refused = await floor.api("POST", f"/agents/{agent}/dial", {"lead": first}, status=409)
        assert refused["code"] == "preview.not_shown"
        await floor.api("POST", f"/agents/{agent}/dial", {"lead": second})
        await floor.until(lambda: floor.state(agent) == "talking", "they talk")
        (placed,) = floor.told(AttemptPlaced)
        assert (placed.lead, placed.agent, placed.mode) == (second, agent, mode)

        await floor.api("POST", f"/agents/{agent}/hang-up", {})
        await floor.until(lambda: floor.state(agent) == "wrap_up", "he wraps up")
        said = {"call": placed.call, "disposition": "sale", "note": "two, blue"}
        await floor.api("POST", f"/agents/{agent}/disposition", said)
        assert floor.state(agent) == "ready"
        (disposed,) = floor.told(CallDisposed)
        assert (disposed.call, disposed.disposition) == (placed.call, "sale")
        (ended,) = floor.told(CallEnded)
        assert (ended.outcome, ended.agent) == (Outcome.ANSWERED, agent)
        await floor.until(lambda: floor.floor.writer.waiting == 0, "all is written")
        rows = await floor.api("GET", "/calls")
        assert [(row["id"], row["outcome"], row["disposition"]) for row in rows] == [(placed.call, "answered", "sale")]
        assert floor.sound()


async def test_hold_lets_the_customer_hear_music_and_resume_brings_him_back(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, leads={"spring": LEADS}, agents=1) as floor:
        agent = floor.agents[0]
        await in_by_api(floor, agent)
        await floor.api("POST", "/campaigns/spring/start", {})
        await floor.until(lambda: floor.state(agent) == "talking", "they talk")
        call = floor.told(CallConnected)[0].call
        for times in (1, 2):
            await floor.api("POST", f"/agents/{agent}/hold", {})
            assert floor.state(agent) == "hold"
            await floor.until(
                lambda: floor.pbxs[0].exchange.legs[call].context == "switchroom-hold",  # type: ignore[index]
                "he hears music",
            )
            assert (await floor.api("POST", f"/agents/{agent}/hold", {}, status=409))["code"] == "agent_state"
            await floor.api("POST", f"/agents/{agent}/resume", {})
            await floor.until(lambda: floor.state(agent) == "talking", "they talk again")
            assert [fact.call for fact in floor.told(CallResumed)] == [call] * times
        assert [fact.call for fact in floor.told(CallHeld)] == [call] * 2
        assert len(floor.told(CallConnected)) == 1
        await floor.api("POST", f"/agents/{agent}/hang-up", {})
        await floor.until(lambda: len(floor.told(CallEnded)) == 1, "the call has ended")
        assert 0.0 < floor.told(CallEnded)[0].hold_s < floor.told(CallEnded)[0].talk_s
        assert floor.sound()


async def test_customer_who_hangs_up_while_on_hold_ends_the_call_and_the_agent_wraps_up(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, leads={"spring": LEADS}, agents=1) as floor:
        agent = floor.agents[0]
        await in_by_api(floor, agent)
        await floor.api("POST", "/campaigns/spring/start", {})
        await floor.until(lambda: floor.state(agent) == "talking", "they talk")
        await floor.api("POST", f"/agents/{agent}/hold", {})
        call = floor.told(CallConnected)[0].call
        pbx = floor.pbxs[0]
        await floor.until(lambda: pbx.exchange.legs[call].context == "switchroom-hold", "music")  # type: ignore[index]
        pbx.exchange.hang_up(call)  # type: ignore[arg-type]
        pbx.flush()
        await floor.until(lambda: len(floor.told(CallEnded)) == 1, "the call has ended")
        assert floor.told(CallEnded)[0].agent == agent
        await floor.until(lambda: floor.state(agent) in ("ready", "reserved", "talking"), "he is free again")
        assert floor.sound()


async def test_a_reason_the_site_does_not_know_is_refused_and_the_agent_stays_as_he_is(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, agents=1) as floor:
        agent = floor.agents[0]
        await in_by_api(floor, agent)
        for reason in ("sign_out", "golf"):
            refused = await floor.api("POST", f"/agents/{agent}/not-ready", {"reason": reason}, status=409)
            assert (refused["code"], refused["words"]["reason"]) == ("reason_unknown", reason)
            assert "lunch" in refused["message"]
        assert floor.state(agent) == "ready"
        await floor.api("POST", f"/agents/{agent}/not-ready", {"reason": "lunch"})
        assert (floor.state(agent), floor.agent(agent).reason) == ("aux", "lunch")
