"""An alarm stands while a link is lost or a trunk is down: raised once, cleared when all is well again."""

from switchroom.watchman import Watchman
from telephony.ami.link import CLOSED_BY_US
from telephony.facts import AlarmCleared, AlarmRaised, ServerChanged, TrunkChanged
from telephony.ids import ServerId, TrunkId


def link(state: str, server: str = "pbx1") -> ServerChanged:
    return ServerChanged(server=ServerId(server), state=state, why="connection reset" if state == "lost" else "")


def trunk(state: str) -> TrunkChanged:
    return TrunkChanged(trunk=TrunkId("gw"), state=state, why="congestion")


def test_a_lost_link_is_an_alarm_until_the_link_is_up_and_compared() -> None:
    watchman = Watchman()
    assert watchman.on(link("lost"), 0.0) == [
        AlarmRaised(alarm="link_lost", about="pbx1", words={"why": "connection reset"})
    ]
    assert watchman.on(link("lost"), 1.0) == []
    assert watchman.on(link("resyncing"), 2.0) == []
    assert watchman.on(link("up"), 3.0) == [AlarmCleared(alarm="link_lost", about="pbx1")]


def test_a_link_that_comes_up_for_the_first_time_says_nothing() -> None:
    assert Watchman().on(link("up"), 0.0) == []


def test_a_link_we_end_ourselves_is_no_alarm() -> None:
    ours = ServerChanged(server=ServerId("pbx1"), state="lost", why=CLOSED_BY_US)
    assert Watchman().on(ours, 0.0) == []


def test_links_are_told_apart() -> None:
    watchman = Watchman()
    watchman.on(link("lost", "pbx1"), 0.0)
    assert watchman.on(link("up", "pbx2"), 1.0) == []
    assert len(list(watchman.on(link("lost", "pbx2"), 2.0))) == 1


def test_a_trunk_that_is_tried_again_stays_an_alarm_until_it_is_healthy() -> None:
    watchman = Watchman()
    assert watchman.on(trunk("down"), 0.0) == [AlarmRaised(alarm="trunk_down", about="gw", words={"why": "congestion"})]
    assert watchman.on(trunk("probing"), 1.0) == []
    assert watchman.on(trunk("down"), 2.0) == []
    assert watchman.on(trunk("healthy"), 3.0) == [AlarmCleared(alarm="trunk_down", about="gw")]
