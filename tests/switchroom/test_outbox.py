"""The outbox: nothing is dialled before its attempt is on disk, and nothing else waits for the disk."""

from collections.abc import Sequence

import pytest

from switchroom.outbox import STALE_S, Outbox
from switchroom.timers import Timers
from telephony.commands import (
    CancelTimer,
    CheckRecording,
    Command,
    ConnectToSeat,
    FetchLeads,
    HangUp,
    Park,
    SetTimer,
)
from telephony.events import ActionFailed, OriginateRefused
from telephony.facts import AttemptVetoed, CallRang, Fact, Veto
from telephony.ids import AgentId, CallId, CampaignId, LeadId, LegId, ServerId
from telephony.leads import LeadsFetched
from tests.switchroom.fakes import PBX, Disk, NoLeads, Pbx, originate, placed

ELSEWHERE = ServerId("pbx9")


class Desk:
    """An outbox with its surroundings; `fed` is what it gave back to the switchboard."""

    def __init__(self) -> None:
        self.disk, self.pbx, self.timers = Disk(), Pbx(), Timers()
        self.at = 100.0
        self.fed: list[object] = []
        self.looked: list[CheckRecording] = []
        self.outbox = Outbox(
            ledger=self.disk,
            leads=NoLeads(),
            exchanges={PBX: self.pbx},
            timers=self.timers,
            clock=lambda: self.at,
            feed=self.fed.append,
            look=self.looked.append,
        )

    def take(self, facts: Sequence[Fact], *commands: Command) -> None:
        self.outbox.take(facts, commands, self.at)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_originate_is_not_performed_before_its_attempt_is_durable(desk: Desk) -> None:
    dial = originate("c-1-1")
    desk.take([placed("c-1-1")], dial)
    assert (desk.pbx.told, desk.outbox.held) == ([], 1)
    desk.disk.commit()
    assert (desk.pbx.told, desk.outbox.held) == ([dial], 0)
    desk.disk.commit()
    assert desk.pbx.told == [dial]


def test_an_originate_whose_attempt_was_vetoed_never_leaves(desk: Desk) -> None:
    desk.take([placed("c-1-1"), placed("c-1-2")], originate("c-1-1"), originate("c-1-2"))
    veto = AttemptVetoed(call=CallId("c-1-1"), campaign=CampaignId("spring"), lead=LeadId(1), why=Veto.CHANGED)
    desk.outbox.veto(veto)
    desk.disk.commit()
    assert desk.pbx.told == [originate("c-1-2")]
    assert desk.fed == [veto]


def test_each_originate_waits_for_its_own_attempt(desk: Desk) -> None:
    first, second = originate("c-1-1"), originate("c-1-2")
    desk.take([placed("c-1-1")], first)
    desk.disk.commit()
    desk.take([placed("c-1-2")], second)
    assert desk.pbx.told == [first]
    desk.disk.commit()
    assert desk.pbx.told == [first, second]


def test_every_other_command_leaves_at_once_while_the_disk_is_slow(desk: Desk) -> None:
    bridge = ConnectToSeat(server=PBX, call=CallId("c-1-1"), agent=AgentId("1001"))
    end = HangUp(server=PBX, leg=LegId("c-1-3"))
    desk.take([placed("c-1-2"), CallRang(call=CallId("c-1-1"))], originate("c-1-2"), bridge, end)
    assert desk.pbx.told == [bridge, end]
    assert desk.disk.written == []


def test_a_hang_up_withdraws_an_originate_that_has_not_left(desk: Desk) -> None:
    desk.take([placed("c-1-1")], originate("c-1-1"))
    desk.take([], HangUp(server=PBX, leg=LegId("c-1-1")))
    assert desk.fed == [OriginateRefused(server=PBX, leg=LegId("c-1-1"), why="withdrawn")]
    desk.disk.commit()
    assert desk.pbx.told == []


def test_a_hang_up_decided_in_the_same_drain_withdraws_it_too(desk: Desk) -> None:
    desk.take([placed("c-1-1")], originate("c-1-1"), HangUp(server=PBX, leg=LegId("c-1-1")))
    desk.disk.commit()
    assert desk.pbx.told == []
    assert desk.fed == [OriginateRefused(server=PBX, leg=LegId("c-1-1"), why="withdrawn")]


@pytest.mark.parametrize(("waited_s", "leaves"), [(STALE_S, True), (STALE_S + 0.001, False)])
def test_an_originate_whose_disk_was_too_slow_is_withdrawn_for_its_agent_has_gone_elsewhere(
    desk: Desk, waited_s: float, leaves: bool
) -> None:
    dial = originate("c-1-1")
    desk.take([placed("c-1-1")], dial)
    desk.at += waited_s
    desk.disk.commit()
    assert desk.pbx.told == ([dial] if leaves else [])
    assert desk.fed == ([] if leaves else [OriginateRefused(server=PBX, leg=LegId("c-1-1"), why="stale")])


def test_an_originate_for_a_server_nobody_has_ends_as_refused(desk: Desk) -> None:
    desk.take([placed("c-1-1")], originate("c-1-1", ELSEWHERE))
    desk.disk.commit()
    assert desk.fed == [OriginateRefused(server=ELSEWHERE, leg=LegId("c-1-1"), why="no such server")]


def test_another_command_for_a_server_nobody_has_ends_as_failed(desk: Desk) -> None:
    desk.take([], Park(server=ELSEWHERE, call=CallId("c-1-1")))
    assert desk.fed == [ActionFailed(server=ELSEWHERE, leg=None, what="Park", why="no such server")]


def test_timers_are_set_moved_and_cancelled(desk: Desk) -> None:
    desk.take([], SetTimer(key=("tick", "spring"), at=101.0), SetTimer(key=("seat", "1001"), at=102.0))
    desk.take([], SetTimer(key=("tick", "spring"), at=103.0), CancelTimer(key=("seat", "1001")))
    assert (len(desk.timers), desk.timers.next_at()) == (1, 103.0)


def test_fetched_leads_are_fed_back(desk: Desk) -> None:
    desk.take([], FetchLeads(campaign=CampaignId("spring"), limit=5))
    assert desk.fed == [LeadsFetched(campaign=CampaignId("spring"), leads=(), limit=5)]


def test_a_recording_is_looked_for(desk: Desk) -> None:
    check = CheckRecording(server=PBX, call=CallId("c-1-1"), name="c-1-1")
    desk.take([], check)
    assert desk.looked == [check]


def test_every_watcher_sees_every_fact_with_its_instant_until_he_stops(desk: Desk) -> None:
    seen: list[tuple[float, list[Fact]]] = []
    also: list[tuple[float, list[Fact]]] = []
    stop = desk.outbox.watch(lambda now, facts: seen.append((now, list(facts))))
    desk.outbox.watch(lambda now, facts: also.append((now, list(facts))))
    rang = CallRang(call=CallId("c-1-1"))
    desk.take([rang])
    stop()
    desk.take([rang])
    assert seen == [(100.0, [rang])]
    assert also == [(100.0, [rang])] * 2
    assert desk.disk.submitted == [rang, rang]


def test_a_watcher_may_stop_while_facts_are_shown(desk: Desk) -> None:
    seen: list[str] = []

    def once(now: float, facts: Sequence[Fact]) -> None:
        seen.append("first")
        stop()

    stop = desk.outbox.watch(once)
    desk.outbox.watch(lambda now, facts: seen.append("second"))
    desk.take([CallRang(call=CallId("c-1-1"))])
    assert seen == ["first", "second"]
