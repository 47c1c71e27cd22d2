"""What stands at the other end is no PBX, or one that has died in its own way: each is told with its reason."""

from collections.abc import Callable

import pytest

from telephony.ami.link import LinkState
from telephony.events import LinkLost
from tests.wire.conftest import PBX1, MakeLink
from tests.wire.fake_pbx import PATIENCE_S, FakePbx, Headers, Line, hang_up_the_line, silence, until


def flood(line: Line, asked: Headers) -> None:
    line.writer.write(b"x" * (2 * 1024 * 1024))


def nonsense(line: Line, asked: Headers) -> None:
    line.writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    line.writer.close()


@pytest.mark.parametrize(
    ("login", "why", "within_s"),
    [
        (silence, "no reply in time", 0.05),
        (hang_up_the_line, "closed by the PBX", PATIENCE_S),
        (flood, "1 MiB without a blank line", PATIENCE_S),
        (nonsense, "closed by the PBX", PATIENCE_S),
    ],
)
async def test_peer_that_does_not_let_us_in_is_told_with_its_reason_and_tried_again(
    pbx: FakePbx, ours: MakeLink, login: Callable[[Line, Headers], None], why: str, within_s: float
) -> None:
    pbx.answers["Login"] = login
    side = ours(login=within_s)
    await side.link.start()
    assert await side.hear_of(LinkLost) == [LinkLost(server=PBX1, why=why)]
    await until(lambda: side.link.tries >= 3)
    assert len(side.story) == 1


async def test_port_where_nobody_listens(ours: MakeLink) -> None:
    nobody = FakePbx()
    async with nobody:
        pass
    side = ours(nobody)
    await side.link.start()
    assert await side.hear_of(LinkLost) == [LinkLost(server=PBX1, why="cannot connect: ConnectionRefusedError")]
    await until(lambda: side.link.tries >= 3)
    assert len(side.story) == 1


async def test_pbx_that_floods_us_while_up_is_cut_off_and_comes_back(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours()
    await side.up()
    flood(pbx.events_line, {})
    assert await side.hear_of(LinkLost) == [LinkLost(server=PBX1, why="1 MiB without a blank line")]
    await side.up(snapshots=2)


@pytest.mark.parametrize("action", ["Login", "CoreSettings", "CoreShowChannels"])
async def test_closing_while_the_pbx_is_silent_does_not_wait_for_it(pbx: FakePbx, ours: MakeLink, action: str) -> None:
    pbx.answers[action] = silence
    side = ours()
    await side.link.start()
    await until(lambda: pbx.named(action))
    await side.link.close()
    assert side.link.state is LinkState.DOWN
    assert side.link.counts["pending"] == 0
    assert [type(event) for event in side.story][-1:] == [LinkLost]


async def test_loss_of_one_connection_while_the_link_is_coming_up_is_a_loss(pbx: FakePbx, ours: MakeLink) -> None:
    def drop_the_other(line: Line, asked: Headers) -> None:
        pbx.events_line.drop()
        line.reply(asked, "Response: Success\nAsteriskVersion: 22")

    pbx.answers["CoreSettings"] = drop_the_other
    side = ours()
    await side.link.start()
    await side.hear_of(LinkLost)
    del pbx.answers["CoreSettings"]
    await side.up()
    assert side.link.counts["pending"] <= 2
