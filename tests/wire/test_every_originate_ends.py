"""Whatever the PBX and the wire do, each Originate leaves at most once and ends with exactly one word."""

import asyncio
import socket
from collections import Counter
from random import Random

import pytest

from telephony.ami.link import LinkState
from telephony.events import OriginateAccepted, OriginateLost, OriginateRefused
from tests.wire.conftest import MakeLink, OurSide, dial
from tests.wire.fake_pbx import FakePbx, Headers, Line, hang_up_the_line, originate, refuse, silence, until

WORDS = (OriginateAccepted, OriginateRefused, OriginateLost)


def words(side: OurSide) -> Counter[str]:
    return Counter(event.leg for event in side.told if isinstance(event, WORDS))


@pytest.mark.parametrize("seed", range(5))
async def test_each_originate_ends_once_on_a_wire_that_breaks_at_random(
    pbx: FakePbx, ours: MakeLink, seed: int
) -> None:
    luck = Random(seed)

    def moody(line: Line, asked: Headers) -> None:
        answers = (originate, refuse("Originate failed"), silence, hang_up_the_line)
        luck.choices(answers, (80, 10, 5, 5))[0](line, asked)

    pbx.answers["Originate"] = moody
    side = ours(action_timeout_s=0.1)
    await side.up()
    for number in range(300):
        side.link.perform(dial(f"c-{number}"))
        if luck.random() < 0.3:
            await asyncio.sleep(0)
        if luck.random() < 0.03:
            await until(lambda: side.link.state is LinkState.UP)
    await until(lambda: len(words(side)) == 300, "the last word on each call")
    assert set(words(side).values()) == {1}
    sent = Counter(asked["ChannelId"] for asked in pbx.named("Originate"))
    assert set(sent.values()) == {1}
    refused_here = {e.leg for e in side.told if isinstance(e, OriginateRefused) and e.why != "Originate failed"}
    assert refused_here
    assert not refused_here & set(sent)


async def test_pbx_that_stops_reading_is_refused_more_calls_and_gets_each_of_the_others_once(
    pbx: FakePbx, ours: MakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.ami.session.MOST_WAITING", 50)
    side = ours(action_timeout_s=30)
    await side.up()
    assert side.link._actions is not None
    transport = side.link._actions.protocol.transport
    assert transport is not None
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    transport.set_write_buffer_limits(high=4096)
    server_side = pbx.actions_line.writer.transport
    server_side.pause_reading()  # type: ignore[attr-defined]
    asked = 0
    while not side.of(OriginateRefused):
        side.link.perform(dial(f"c-{asked}"))
        asked += 1
        await asyncio.sleep(0)
        assert asked < 50_000
    assert {event.why for event in side.of(OriginateRefused)} == {"the PBX reads too slowly"}  # type: ignore[attr-defined]
    server_side.resume_reading()  # type: ignore[attr-defined]
    await until(lambda: len(words(side)) == asked)
    assert set(words(side).values()) == {1}
    assert len(pbx.named("Originate")) == len(side.of(OriginateAccepted)) == asked - len(side.of(OriginateRefused))
