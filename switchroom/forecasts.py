"""What other targets would bring a live campaign: its journal of late played in a process of its own, one at a time."""

import asyncio
import logging
import sys
from collections.abc import Callable, Mapping, Sequence

import msgspec

from config.model import CampaignSettings, ServerSettings
from desk.forecast_ports import CampaignForecast, ForecastRefused, TargetRow
from simulator.lab.foresight import Asked
from simulator.lab.learned import KINDS
from simulator.lab.replay import FEWEST_OUTCOMES, FEWEST_TALKS
from store.opening import Store
from store.recall import last_texts
from switchroom.foreseer import Answer, Order
from switchroom.lab_terms import lab_rule, terms_of
from telephony.views import CampaignView

log = logging.getLogger(__name__)

PLAYED_S = 8.0
LIMIT_S = 30.0
"""A process that has not answered by then is ended."""
KEPT_S = 60.0
MOST_LINES = 40_000
LOOK_BACK_S = 24 * 3600.0
MOST_KEPT = 32

Key = tuple[str, tuple[float, ...], int, str, float]


class Forecasts:
    """``desk.forecast_ports.Forecaster`` over the store; the same question within a minute has the same answer."""

    def __init__(
        self,
        store: Store,
        server: ServerSettings,
        campaigns: Mapping[str, CampaignSettings],
        now: Callable[[], float],
        *,
        played_s: float = PLAYED_S,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._store = store
        self._server = server
        self._campaigns = campaigns
        self._now = now
        self._played_s = played_s
        self._limit_s = limit_s
        self._one = asyncio.Lock()
        self._kept: dict[Key, CampaignForecast] = {}
        self._working: asyncio.subprocess.Process | None = None

    async def forecast(self, campaign: CampaignView, targets: Sequence[float], agents: int | None) -> CampaignForecast:
        there = agents if agents is not None else campaign.agents.get("signed_in", 0)
        settings = self._campaigns.get(campaign.id)
        if settings is None or there < 1:
            raise ForecastRefused("forecast_no_agents")
        key = (campaign.id, tuple(targets), there, settings.mode, settings.pacing.target_abandon)
        try:
            async with asyncio.timeout(2.0 * self._limit_s), self._one:
                known = self._kept.get(key)
                if known is None or not 0.0 <= self._now() - known.at < KEPT_S:
                    known = await self._play(campaign.id, settings, key)
                    self._keep(key, known)
                return known
        except TimeoutError:
            raise ForecastRefused("forecast_too_slow") from None

    def close(self) -> None:
        """End what is being played."""
        if self._working is not None and self._working.returncode is None:
            self._working.kill()

    def _keep(self, key: Key, found: CampaignForecast) -> None:
        self._kept[key] = found
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]

    async def _play(self, name: str, settings: CampaignSettings, key: Key) -> CampaignForecast:
        since = self._now() - LOOK_BACK_S
        lines = await asyncio.to_thread(last_texts, self._store, KINDS, since, MOST_LINES)
        order = Order(
            campaign=name,
            terms=terms_of(settings, self._server),
            asked=Asked(
                rule=lab_rule(settings),
                target=settings.pacing.target_abandon,
                targets=key[1],
                agents=key[2],
                seconds=self._played_s,
            ),
            lines=tuple(lines),
        )
        answer = await self._have_played(await asyncio.to_thread(msgspec.msgpack.encode, order))
        if answer.sight is None:
            few = {"outcomes": str(answer.outcomes), "talks": str(answer.talks)}
            least = {"least": str(FEWEST_OUTCOMES), "least_talks": str(FEWEST_TALKS)}
            raise ForecastRefused("forecast_too_early", {**few, **least})
        sight = answer.sight
        return CampaignForecast(
            campaign=name,
            at=self._now(),
            agents=sight.agents,
            answer_rate=sight.answer_rate,
            attempts=sight.attempts,
            hours=sight.hours,
            rows=tuple(TargetRow(**msgspec.structs.asdict(row)) for row in sight.rows),
        )

    async def _have_played(self, order: bytes) -> Answer:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "switchroom.foreseer"), stdin=pipe, stdout=pipe
        )
        self._working = process
        try:
            async with asyncio.timeout(self._limit_s):
                told, _ = await process.communicate(order)
        finally:
            self._working = None
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            log.error("the forecast's process ended with %d", process.returncode)
            raise ForecastRefused("forecast_failed")
        return msgspec.msgpack.decode(told, type=Answer)
