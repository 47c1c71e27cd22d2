"""The product is killed, the link cut, Asterisk restarted: nothing is repeated, uncounted or stuck, nobody's talk is torn."""

from pathlib import Path

from benchmarks.floor import Plan
from benchmarks.restart_drill import Drill, Findings, drilled, kills

PLAN = Plan(agents=30, ratio=2.0, cps=60.0, wrap_up_s=1.0, ring_s=6.0)


def nothing_went_wrong(found: Findings) -> bool:
    assert found.words == []
    assert found.attempts > 0
    return found.clean


async def end(drill: Drill) -> Findings:
    await drill.work()
    return await drill.close()


async def test_product_killed_with_calls_in_the_air_repeats_nothing_and_loses_nothing(tmp_path: Path) -> None:
    found = await kills(tmp_path, seed=20260302, rounds=3, plan=PLAN)
    assert nothing_went_wrong(found)
    assert found.rounds == 3
    assert found.talking_at_kill > 0


async def test_product_killed_again_while_it_starts_repeats_nothing_and_loses_nothing(tmp_path: Path) -> None:
    async with drilled(tmp_path, seed=2, rounds=2, plan=PLAN) as drill:
        await drill.kill_and_start(while_starting=True)
        assert nothing_went_wrong(await end(drill))


async def test_talks_go_on_through_a_kill_of_the_product(tmp_path: Path) -> None:
    async with drilled(tmp_path, seed=3, rounds=1, plan=PLAN) as drill:
        talking = drill.exchange.talking()
        await drill.kill_and_start()
        kept = {agent for agent, call in drill.exchange.talking().items() if talking.get(agent) == call}
        shown = {one["id"]: one for one in await drill.product.get("/api/v1/agents")}
        agreed = [
            agent for agent in kept if shown[agent]["state"] == "talking" and shown[agent]["call"] == talking[agent]
        ]
        assert len(agreed) >= len(kept) - drill.plan.agents // 10
        assert nothing_went_wrong(await end(drill))


async def test_cut_link_leaves_calls_alone_and_is_caught_up_with(tmp_path: Path) -> None:
    async with drilled(tmp_path, seed=4, rounds=2, plan=PLAN) as drill:
        for _ in range(2):
            await drill.cut_link()
            await drill.work()
        assert nothing_went_wrong(await end(drill))


async def test_asterisk_that_restarts_takes_its_calls_with_it_and_each_is_accounted_for(tmp_path: Path) -> None:
    async with drilled(tmp_path, seed=5, rounds=2, plan=PLAN) as drill:
        await drill.pbx_restarts()
        found = await end(drill)
        assert nothing_went_wrong(found)
        assert found.outcomes.get("unknown", 0) + found.outcomes.get("answered", 0) > 0


async def test_asterisk_that_is_killed_and_stays_away_is_waited_for(tmp_path: Path) -> None:
    async with drilled(tmp_path, seed=6, rounds=2, plan=PLAN) as drill:
        await drill.pbx_dies(for_s=3.0)
        assert nothing_went_wrong(await end(drill))


async def test_product_and_asterisk_killed_together_start_from_what_is_on_the_disk(tmp_path: Path) -> None:
    async with drilled(tmp_path, seed=7, rounds=2, plan=PLAN) as drill:
        await drill.pbx.kill()
        drill.product.kill()
        await drill.pbx.start()
        await drill.product.start()
        await drill.product.up()
        assert nothing_went_wrong(await end(drill))
