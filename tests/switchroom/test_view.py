"""What the window shows of the floor: alarms until they clear, links with their words, agents with today's work."""

from collections.abc import Sequence

import pytest
from pydantic import SecretStr

from config.model import AgentSettings, AsteriskSettings, CampaignSettings, ServerSettings, TrunkSettings
from switchroom.house import House, build
from switchroom.view import SHOWN_CALLS, Window
from telephony.agents import ReadyAsked, SeatMode, SignInAsked
from telephony.events import LinkLost, LinkUp, PbxSnapshot, Pong
from telephony.facts import AlarmCleared, AlarmRaised, Fact
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, ServerId, TrunkId
from telephony.leads import OpenCall, Restored
from tests.switchroom.fakes import PBX, Disk, NoLeads, Pbx


class Clock:
    at = 1000.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(clock: Clock) -> House:
    server = ServerSettings(
        asterisk=[AsteriskSettings(name="pbx1", secret=SecretStr("x"))],
        trunk=[TrunkSettings(name="gw", asterisk="pbx1", dial="PJSIP/{digits}@gw")],
        agent=[
            AgentSettings(id="1001", name="Lin", asterisk="pbx1", endpoint="PJSIP/1001", mode="ring_each_call"),
            AgentSettings(id="1002", asterisk="pbx1", endpoint="PJSIP/1002"),
        ],
    )
    return build(
        server=server,
        campaigns={"spring": CampaignSettings(title="Spring")},
        ledger=Disk(),
        leads=NoLeads(),
        exchanges={PBX: Pbx()},
        clock=lambda: clock.at,
    )


@pytest.fixture
def window(house: House) -> Window:
    made = Window(house, simulated=False)
    made.expect("pbx1")
    return made


def open_call(n: int) -> OpenCall:
    return OpenCall(
        call=CallId(f"c-{n}"),
        campaign=CampaignId("spring"),
        lead=LeadId(n),
        customer=CustomerId(f"k{n}"),
        trunk=TrunkId("gw"),
        server=PBX,
        caller_id="",
        mode="progressive",
        placed_at=990.0,
        answered_at=None,
        connected_at=None,
        agent=None,
        recording=False,
    )


def link_up(house: House) -> None:
    house.core.feed(LinkUp(server=PBX, version="22.10.1"))
    house.core.feed(PbxSnapshot(server=PBX, legs=()))


def test_an_alarm_stands_from_when_it_was_raised_until_it_is_cleared(house: House, window: Window) -> None:
    low = AlarmRaised(alarm="store", about="disk_low", words={"free_mb": "12"})
    raised: Sequence[Fact] = (low, AlarmRaised(alarm="store", about="locked"))
    for fact in raised:
        house.core.feed(fact)
    shown = window.view(1010.0).alarms
    assert [(one.alarm, one.about, one.words, one.since) for one in shown] == [
        ("store", "disk_low", {"free_mb": "12"}, 1000.0),
        ("store", "locked", {}, 1000.0),
    ]
    assert window.raised("store") == ["disk_low", "locked"]
    house.core.feed(AlarmCleared(alarm="store", about="disk_low"))
    house.core.feed(AlarmCleared(alarm="store", about="never raised"))
    assert window.raised("store") == ["locked"]


def test_a_server_is_shown_as_lost_before_its_link_was_ever_up(window: Window) -> None:
    assert [(one.id, one.state, one.why, one.lag_ms) for one in window.view(1000.0).servers] == [
        ("pbx1", "lost", "", None)
    ]


def test_a_server_shows_its_version_its_lag_and_why_it_was_lost(house: House, window: Window) -> None:
    link_up(house)
    (up,) = window.view(1000.0).servers
    assert (up.state, up.version, up.why) == ("up", "22.10.1", "")
    window.on_pong(Pong(server=PBX, lag_s=0.004))
    assert window.view(1000.0).servers[0].lag_ms == pytest.approx(4.0)
    house.core.feed(LinkLost(server=PBX, why="connection reset"))
    (lost,) = window.view(1000.0).servers
    assert (lost.state, lost.why, lost.version, lost.lag_ms) == ("lost", "connection reset", "22.10.1", None)
    assert [one.alarm for one in window.view(1000.0).alarms] == ["link_lost"]
    link_up(house)
    assert window.view(1000.0).servers[0].why == ""
    assert window.view(1000.0).alarms == ()


def test_a_pong_of_a_server_nobody_expects_changes_nothing(window: Window) -> None:
    before = window.view(1000.0)
    window.on_pong(Pong(server=ServerId("pbx9"), lag_s=1.0))
    assert window.view(1000.0) == before


def test_an_agents_time_counts_on_while_he_is_in_a_state(house: House, window: Window, clock: Clock) -> None:
    link_up(house)
    lin = AgentId("1001")
    house.core.ask(SignInAsked(actor=lin, agent=lin))
    house.core.ask(ReadyAsked(actor=lin, agent=lin))
    clock.at = 1030.0
    shown = next(one for one in window.view(clock.at).agents if one.id == lin)
    assert (shown.name, shown.state, shown.since, shown.idle_s) == ("Lin", "ready", 1000.0, 30.0)
    assert (shown.mode, shown.seated, shown.call) == (SeatMode.RING_EACH_CALL.value, True, None)


def test_calls_are_counted_all_and_listed_up_to_a_bound(house: House, window: Window) -> None:
    house.core.feed(Restored(calls=tuple(open_call(n) for n in range(SHOWN_CALLS + 7))))
    view = window.view(1000.0)
    assert len(view.calls) == SHOWN_CALLS
    assert sum(view.campaigns[0].stages.values()) == SHOWN_CALLS + 7
    assert {one.stage for one in view.calls} == {"dialling"}
