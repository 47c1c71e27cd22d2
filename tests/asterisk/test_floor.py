"""The whole product on a real Asterisk: a campaign is dialled, agents in seats and at ringing phones talk, all is kept."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

import store
from config.model import (
    AgentSettings,
    ApiSettings,
    CallingWindow,
    CampaignSettings,
    FloorSettings,
    ServerSettings,
    StoreSettings,
)
from store.intake import NewLead, add_leads, leads_of
from switchroom.live import LiveFloor
from telephony.agents import AgentState, CampaignAction, CampaignAsked, ReadyAsked, SignInAsked
from telephony.facts import (
    AgentChanged,
    AlarmRaised,
    Anomaly,
    AttemptPlaced,
    CallConnected,
    CallEnded,
    Fact,
    OfferFailed,
    RecordingFiled,
    RecordingMissing,
    SeatLeft,
    SeatTaken,
)
from telephony.ids import AgentId, CampaignId, CustomerId, LeadId
from telephony.numbers import PhoneNumber
from telephony.outcomes import Outcome
from tests.asterisk.rig.floor import Rig
from tests.contracts.stage import Fate

pytestmark = pytest.mark.asterisk

CAMPAIGN = CampaignId("spring")
PATIENCE_S = 120.0
AGENTS, SEATED = 6, 4
MOST_WITHDRAWN = 4
"""Originates the outbox may take back because the disk of a busy machine was slow."""
HAND: tuple[tuple[Fate, Outcome, int], ...] = (
    (Fate.ANSWERS_TALKING, Outcome.ANSWERED, 24),
    (Fate.BUSY, Outcome.BUSY, 8),
    (Fate.NOT_ASSIGNED, Outcome.INVALID, 4),
    (Fate.DECLINES, Outcome.DECLINED, 4),
    (Fate.UNAVAILABLE, Outcome.UNAVAILABLE, 4),
)
LEADS = sum(times for _, _, times in HAND)


class Watch:
    """Every fact of the floor, and waiting for what they must come to."""

    def __init__(self, floor: LiveFloor) -> None:
        self.facts: list[Fact] = []
        self._news = asyncio.Event()
        floor.watch(self._see)

    def of(self, kind: type[Fact], **fields: object) -> list[Fact]:
        return [f for f in self.facts if type(f) is kind and all(getattr(f, k) == v for k, v in fields.items())]

    async def until(self, done: Callable[[], bool]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while not done():
                    self._news.clear()
                    await self._news.wait()
        assert done(), Counter(type(fact).__name__ for fact in self.facts)

    def _see(self, now: float, facts: Sequence[Fact]) -> None:
        self.facts += facts
        self._news.set()


CUT = ("closed by the PBX", "connection lost")
"""Why a command that was under way when the power went was refused."""


@pytest.fixture
def settings(rig: Rig, tmp_path: Path) -> ServerSettings:
    """The rig's own settings with a store, and four agents in seats, two whose phones ring for each call."""
    pbx = rig.settings.asterisk[0].model_copy(update={"recordings_here": rig.pbx.recordings})
    agents = [
        AgentSettings(
            id=(agent := rig.agent("answers")),
            asterisk="pbx1",
            endpoint=f"PJSIP/{agent}",
            mode="nailed_up" if n < SEATED else "ring_each_call",
            campaigns=[CAMPAIGN],
        )
        for n in range(AGENTS)
    ]
    return ServerSettings(
        data=tmp_path,
        store=StoreSettings(url=f"sqlite:///{tmp_path / 'floor.db'}", free_mb=0),
        api=ApiSettings(port=0),
        floor=FloorSettings(wrap_up_s=0.3),
        asterisk=[pbx],
        trunk=rig.settings.trunk,
        agent=agents,
    )


@pytest.fixture
def fates(settings: ServerSettings) -> dict[LeadId, Fate]:
    """What becomes of each lead of the campaign; the leads are in the store."""
    kinds = [fate for fate, _, times in HAND for _ in range(times)]
    new = [
        NewLead(
            campaign=CAMPAIGN,
            customer=CustomerId(f"customer{n}"),
            number=PhoneNumber(f"+{kind.value}03010{n:04d}"),
            zones=("Asia/Shanghai",),
        )
        for n, kind in enumerate(kinds)
    ]
    with contextlib.closing(store.open(settings.store.url)) as opened:
        add_leads(opened, new)
        leads = leads_of(opened, CAMPAIGN, now=0.0)
    return {lead.id: Fate(lead.number.for_exchange("{digits}")[0]) for lead in leads}


@pytest.fixture
async def floor(settings: ServerSettings, fates: dict[LeadId, Fate], rig: Rig) -> AsyncIterator[LiveFloor]:
    campaign = CampaignSettings(mode="progressive", windows=[CallingWindow(begin="00:00", end="24:00")], ring_s=15.0)
    floor = LiveFloor(settings, {CAMPAIGN: campaign})
    await floor.start()
    yield floor
    await floor.close()
    await asyncio.to_thread(rig.pbx.hang_up_all)


async def at_work(floor: LiveFloor, settings: ServerSettings) -> Watch:
    """Everybody signed in and ready, the campaign started."""
    watch = Watch(floor)
    await watch.until(lambda: floor.view().servers[0].state == "up")
    for agent in settings.agent:
        assert floor.ask(SignInAsked(actor=agent.id, agent=AgentId(agent.id))) is None
    await watch.until(lambda: len(watch.of(AgentChanged, now=AgentState.AUX)) >= len(settings.agent))
    await watch.until(lambda: len(watch.of(SeatTaken)) >= SEATED)
    for agent in settings.agent:
        assert floor.ask(ReadyAsked(actor=agent.id, agent=AgentId(agent.id))) is None
    assert floor.ask(CampaignAsked(actor="test", campaign=CAMPAIGN, action=CampaignAction.START)) is None
    return watch


async def test_a_campaign_is_dialled_to_its_end(
    floor: LiveFloor, settings: ServerSettings, fates: dict[LeadId, Fate]
) -> None:
    assert len(fates) == LEADS
    watch = await at_work(floor, settings)
    await watch.until(lambda: len(watch.of(CallEnded)) >= LEADS)

    ended = [fact for fact in watch.facts if isinstance(fact, CallEnded)]
    assert Counter(fact.lead for fact in ended).most_common(1)[0][1] == 1
    withdrawn = [fact for fact in ended if fact.outcome is Outcome.REFUSED]
    assert len(withdrawn) <= MOST_WITHDRAWN
    ended = [fact for fact in ended if fact.outcome is not Outcome.REFUSED]
    by_fate = {fate: outcome for fate, outcome, _ in HAND}
    assert all(fact.outcome is by_fate[fates[fact.lead]] for fact in ended)

    answered = sum(fact.outcome is Outcome.ANSWERED for fact in ended)
    connected = [fact for fact in watch.facts if isinstance(fact, CallConnected)]
    assert len(connected) == answered
    assert {fact.agent for fact in connected} == {agent.id for agent in settings.agent}
    assert all(fact.talk_s > 0 for fact in ended if fact.outcome is Outcome.ANSWERED)
    await watch.until(lambda: len(watch.of(RecordingFiled)) >= answered)
    for kind in (RecordingMissing, OfferFailed, SeatLeft, Anomaly, AlarmRaised):
        assert not watch.of(kind)


async def test_after_a_power_cut_every_attempt_has_its_end_and_the_campaign_goes_on(
    floor: LiveFloor, settings: ServerSettings, rig: Rig
) -> None:
    watch = await at_work(floor, settings)
    await watch.until(lambda: len(watch.of(CallConnected)) >= 6)
    rig.pbx.kill()
    await watch.until(lambda: floor.view().servers[0].state != "up")
    placed = len(watch.of(AttemptPlaced))
    rig.pbx.start()
    await watch.until(lambda: len({f.lead for f in watch.facts if isinstance(f, CallEnded)}) >= LEADS)
    await watch.until(lambda: len(watch.of(CallEnded)) >= len(watch.of(AttemptPlaced)))
    assert placed < LEADS
    ends = Counter(fact.call for fact in watch.facts if isinstance(fact, CallEnded))
    assert ends == Counter(fact.call for fact in watch.facts if isinstance(fact, AttemptPlaced))
    assert len(watch.of(SeatLeft)) >= SEATED
    assert len(watch.of(SeatTaken)) >= 2 * SEATED
    await watch.until(lambda: all(agent.state == "ready" for agent in floor.view().agents))
    assert not [one for one in watch.of(Anomaly) if not any(why in one.what for why in CUT)]
