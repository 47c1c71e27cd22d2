"""A fake PBX, our link to it, and plain panoramisk on the same wire."""

import time
from collections.abc import AsyncIterator, Callable
from random import Random

import pytest
from panoramisk import Manager
from pydantic import SecretStr

from config.model import AsteriskSettings
from telephony.ami.backoff import Delays
from telephony.ami.link import AmiLink, LinkState
from telephony.commands import Originate
from telephony.events import PbxEvent, PbxSnapshot, Pong
from telephony.ids import CallId, CampaignId, ServerId, TrunkId
from telephony.numbers import PhoneNumber
from tests.wire.fake_pbx import PATIENCE_S, SECRET, FakePbx, until

PBX1 = ServerId("pbx1")


def dial(call: str = "c-1") -> Originate:
    return Originate(
        server=PBX1,
        call=CallId(call),
        campaign=CampaignId("demo"),
        number=PhoneNumber("+8613800138000"),
        trunk=TrunkId("t1"),
        dial="PJSIP/{digits}@carrier",
        caller_id="4001234567",
        ring_s=25.0,
    )


class WallClock:
    def now(self) -> float:
        return time.time()


class OurSide:
    """An AmiLink and all it told."""

    def __init__(self, link: AmiLink) -> None:
        self.link = link
        self.told: list[PbxEvent] = []
        link.subscribe(self.hear)

    def hear(self, event: PbxEvent) -> None:
        self.told.append(event)

    def of(self, kind: type[PbxEvent]) -> list[PbxEvent]:
        return [event for event in self.told if isinstance(event, kind)]

    @property
    def story(self) -> list[PbxEvent]:
        return [event for event in self.told if not isinstance(event, Pong)]

    async def up(self, snapshots: int = 1) -> None:
        await self.link.start()
        await until(
            lambda: self.link.state is LinkState.UP and len(self.of(PbxSnapshot)) >= snapshots, "the link to be up"
        )

    async def hear_of(self, kind: type[PbxEvent], count: int = 1) -> list[PbxEvent]:
        await until(lambda: len(self.of(kind)) >= count, f"{count} {kind.__name__}")
        return self.of(kind)


MakeLink = Callable[..., OurSide]
MakePlain = Callable[..., Manager]


@pytest.fixture
async def pbx() -> AsyncIterator[FakePbx]:
    async with FakePbx() as fake:
        yield fake


@pytest.fixture
async def ours(pbx: FakePbx) -> AsyncIterator[MakeLink]:
    """Makes links to the fake PBX that try again at once and are patient with an answer that will come."""
    made: list[OurSide] = []

    def make(
        to: FakePbx = pbx,
        *,
        name: str = "pbx1",
        secret: str = SECRET,
        ping_s: float = 5.0,
        action_timeout_s: float = PATIENCE_S,
        **delays: float,
    ) -> OurSide:
        settings = AsteriskSettings(
            name=name, port=to.port, secret=SecretStr(secret), ping_s=ping_s, action_timeout_s=action_timeout_s
        )
        waits = {"first_retry": 0.01, "longest_retry": 0.05, "steady": 0.0}
        waits |= dict.fromkeys(("connect", "login", "booted", "version"), PATIENCE_S)
        side = OurSide(AmiLink(settings, WallClock(), jitter=Random(1), delays=Delays(**(waits | delays))))
        made.append(side)
        return side

    yield make
    for side in made:
        await side.link.close()


@pytest.fixture
async def plain(pbx: FakePbx) -> AsyncIterator[MakePlain]:
    """Makes plain panoramisk 1.4 managers connected to the fake PBX, reconnecting without delay."""
    made: list[Manager] = []

    def make(to: FakePbx = pbx, *, secret: str = SECRET, **settings: object) -> Manager:
        kept = {"reconnect_timeout": 0} | settings
        manager = Manager(host="127.0.0.1", port=to.port, username="switchroom", secret=secret, **kept)
        made.append(manager)
        manager.connect()
        return manager

    yield make
    for manager in made:
        retire(manager)
        for action in [*manager.responses.values()] if hasattr(manager, "responses") else []:
            action.future.cancel()


def retire(manager: Manager) -> None:
    """Plain panoramisk has no end of reconnecting; put it off beyond the test."""
    manager.reconnect_timeout = 3600
    manager.close()
