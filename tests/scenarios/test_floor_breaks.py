"""Agents' time over the API and the wire: break tokens, a leader's word, phones that go away, a restart in the middle."""

import asyncio
import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from switchroom.cli import app
from switchroom.live import LiveFloor
from telephony.agents import AgentState
from telephony.facts import AgentForced
from tests.scenarios.open_floor import TOKEN, OpenFloor, campaign, open_floor

ROOM: dict[str, Any] = {"floor": {"wrap_up_s": 0.3, "ring_s": 3.0, "breaks": {"last_s": 600.0}}}


async def again(floor: OpenFloor) -> None:
    """The server ends and begins again over the same database; the PBX goes on."""
    await floor.floor.close()
    floor.floor = LiveFloor(floor.settings(), floor.campaigns)
    await floor.floor.start()
    await floor.http.close()
    floor.http = type(floor.http)(f"http://127.0.0.1:{floor.floor.port}", headers=dict(floor.http.headers))
    await floor.linked()


async def test_break_tokens_and_the_sums_of_time_go_on_over_a_restart(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, leads={}, mode="ring_each_call", server=ROOM) as floor:
        one, two = floor.agents
        await floor.work(one, two)
        for agent in (one, two):
            await floor.api("POST", f"/agents/{agent}/break", {"do": "ask"})
        await floor.api("POST", f"/agents/{one}/break", {"do": "take"})
        assert (floor.state(one), floor.agent(one).reason) == ("aux", "break")
        until = floor.agent(one).break_until

        await again(floor)
        await floor.until(lambda: floor.state(two) == "ready", "the other is ready again")
        assert (floor.agent(one).break_state, floor.agent(one).break_until) == ("out", until)
        assert floor.agent(two).break_state == "waiting"
        await floor.api("POST", f"/agents/{one}/break", {"do": "end"})
        tokens = (await floor.api("GET", "/breaks"))["tokens"]
        assert [(row["agent"], row["state"]) for row in tokens] == [(two, "offered")]
        refused = await floor.api("POST", f"/agents/{one}/break", {"do": "take"}, status=409)
        assert refused["code"] == "break_state"

        history: list[dict[str, Any]] = []
        async with asyncio.timeout(60):
            while [row["state"] for row in history[-2:]] != ["aux", "ready"]:
                history = await floor.api("GET", f"/agents/{one}/history")
        assert [row["ended_at"] for row in history] == [*(row["began_at"] for row in history[1:]), None]
        on_break = next(row for row in history if row["reason"] == "break")
        (mine,) = await floor.api("GET", f"/utilisation?agent={one}")
        assert abs(mine["reasons"]["break"] - (on_break["ended_at"] - on_break["began_at"])) < 1e-6
        assert 0.0 < mine["utilisation"] <= 1.0


async def test_leader_s_word_is_kept_with_his_name_and_shown(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, leads={}, agents=1, mode="ring_each_call") as floor:
        agent = floor.agents[0]
        await floor.work()
        body = {"what": "not_ready", "reason": "meeting", "why": "team talk"}
        await floor.api("POST", f"/agents/{agent}/force", body)
        assert (floor.state(agent), floor.agent(agent).by) == ("aux", "supervisor")
        assert [fact.why for fact in floor.told(AgentForced)] == ["team talk"]
        acts: list[dict[str, Any]] = []
        async with asyncio.timeout(60):
            while not acts:
                acts = await floor.api("GET", "/audit?act=agent.force")
        assert (acts[0]["actor"], acts[0]["about"]) == ("supervisor", agent)
        refused = await floor.api("POST", f"/agents/{agent}/force", {"what": "release"}, status=409)
        assert refused["code"] == "agent_state"


async def test_phone_that_is_gone_is_noticed_at_once_and_also_when_nobody_was_listening(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, leads={}, agents=1, mode="ring_each_call") as floor:
        agent = floor.agents[0]
        await floor.work()
        exchange = floor.pbxs[0].exchange

        exchange.register(f"PJSIP/{agent}", False)
        await floor.until(lambda: floor.state(agent) == "aux", "he is vetoed")
        assert floor.agent(agent).reason == "phone_lost"
        exchange.register(f"PJSIP/{agent}")
        await floor.until(lambda: floor.state(agent) == AgentState.READY, "he is back")

        exchange.phones[f"PJSIP/{agent}"].registered = False
        await again(floor)
        await floor.until(lambda: floor.agent(agent).device == "UNAVAILABLE", "the PBX was asked")
        assert floor.state(agent) == "aux"


async def test_the_command_line_shows_and_steers_agents_time(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, leads={}, agents=1, mode="ring_each_call") as floor:
        agent = floor.agents[0]
        await floor.work()
        there = [
            "--url",
            f"http://127.0.0.1:{floor.floor.port}",
            "--token",
            TOKEN,
            "--config",
            str(tmp_path / "none.toml"),
        ]

        async def run(*words: str, code: int = 0) -> str:
            done = await asyncio.to_thread(CliRunner().invoke, app, [*words, *there])
            assert done.exit_code == code, done.output
            return done.output

        await run("break", "grant", agent, "--why", "headache")
        assert json.loads(await run("break", "list", "--json"))["tokens"][0]["state"] == "out"
        await run("break", "extend", agent, "--minutes", "5")
        await run("break", "take-back", agent)
        assert floor.state(agent) == "ready"
        await run("agent", "force", agent, "sign_out")
        assert floor.state(agent) == "logged_out"
        await run("agent", "skills", agent, "billing=9", code=2)
        await run("agent", "history", agent)
        assert json.loads(await run("agent", "utilisation", "--json"))[0]["agent"] == agent
