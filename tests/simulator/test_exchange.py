"""The simulated exchange beyond the contract: what only a simulation can be asked to do."""

import random
from collections import Counter
from pathlib import Path

import pytest

from simulator.faults import TrunkFaults
from simulator.odds import Odds
from simulator.population import Customers
from simulator.switch import write_recording
from telephony.commands import HangUp, Park, PlayAbandonMessage, SeatAgent, StartRecording, TakeSnapshot
from telephony.events import (
    ActionFailed,
    BridgeEntered,
    DeviceChanged,
    DialEnded,
    HangupRequested,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegParked,
    LinkLost,
    LinkUp,
    OptOutPressed,
    OriginateEnded,
    OriginateLost,
    OriginateRefused,
    PbxEvent,
    PbxSnapshot,
)
from telephony.ids import AgentId, CallId, LegId
from tests.simulator.scene import START, Scene


def busy_hour(seed: int) -> list[tuple[float, PbxEvent]]:
    scene = Scene(Customers(Odds(), random.Random(seed)), seed)
    for n in range(300):
        scene.dial(f"86138{n * 7919 % 10**8:08d}", call=f"c-{n}", amd=n % 3 == 0)
        scene.run(0.7)
    scene.run(600.0)
    return scene.log


def test_same_seed_gives_the_same_hour_to_the_bit() -> None:
    assert busy_hour(5) == busy_hour(5)
    assert busy_hour(5) != busy_hour(6)


def test_every_leg_that_is_created_ends_once() -> None:
    log = busy_hour(9)
    created = Counter(event.leg for _, event in log if isinstance(event, LegCreated))
    ended = Counter(event.leg for _, event in log if isinstance(event, LegEnded))
    assert created == ended
    assert set(created.values()) == {1}


def test_perform_delivers_nothing_by_itself() -> None:
    scene = Scene()
    scene.dial("1050000001")
    scene.pbx.perform(HangUp(server=scene.pbx.server, leg=LegId("c-none")))
    assert scene.log == []
    scene.run(1.0)
    assert scene.of(LegCreated)
    assert scene.of(ActionFailed)


def test_order_of_the_originate_response_varies_as_measured() -> None:
    first: Counter[str] = Counter()
    for n in range(600):
        scene = Scene(seed=n)
        scene.dial("1010000001")
        scene.run(1.0)
        names = [type(event).__name__ for _, event in scene.log]
        assert names.index("LegAnswered") < names.index("DialEnded")
        place = names.index("OriginateEnded")
        first["before answer"] += place < names.index("LegAnswered")
        first["after dial end"] += place > names.index("DialEnded")
    assert 0.12 < first["before answer"] / 600 < 0.24
    assert 0.60 < first["after dial end"] / 600 < 0.80


def test_leg_ends_now_and_then_before_its_originate_response() -> None:
    late = 0
    for n in range(400):
        scene = Scene(seed=n)
        scene.dial("2010000001")
        scene.run(1.0)
        names = [type(event).__name__ for _, event in scene.log]
        assert names.index("HangupRequested") < names.index("LegEnded")
        assert names.index("DialEnded") < names.index("LegEnded")
        late += names.index("LegEnded") < names.index("OriginateEnded")
    assert 0.08 < late / 400 < 0.23


def test_dead_carrier_is_noticed_after_32_seconds() -> None:
    outage = TrunkFaults(random.Random(1), ((START, START + 60),))
    scene = Scene(faults=outage)
    scene.dial("1010000001", timeout_s=60.0)
    scene.run(40.0)
    ended = scene.of(LegEnded)[0]
    assert (ended.cause, ended.tech_cause) == (18, 408)  # type: ignore[attr-defined]
    assert scene.when(LegEnded) == pytest.approx(32.0, abs=0.01)
    assert scene.of(HangupRequested)


def test_dead_carrier_under_a_shorter_time_out_looks_like_no_answer_that_never_rang() -> None:
    outage = TrunkFaults(random.Random(1), ((START, START + 60),))
    scene = Scene(faults=outage)
    scene.dial("1010000001", timeout_s=20.0)
    scene.run(40.0)
    assert scene.of(OriginateEnded)[0].reason == 3  # type: ignore[attr-defined]
    assert scene.of(LegEnded)[0].cause == 19  # type: ignore[attr-defined]
    assert not scene.of(HangupRequested)
    assert not scene.of(DialEnded)


def test_trunk_works_again_after_the_outage() -> None:
    outage = TrunkFaults(random.Random(1), ((START, START + 5),), says_503=True)
    scene = Scene(faults=outage)
    scene.dial("1010000001", call="c-1")
    scene.run(6.0)
    scene.dial("1010000002", call="c-2")
    scene.run(2.0)
    assert [event.leg for event in scene.of(LegAnswered)] == ["c-2"]  # type: ignore[attr-defined]
    assert scene.of(LegEnded)[0].tech_cause == 503  # type: ignore[attr-defined]


def test_while_the_link_is_cut_calls_go_on_and_the_snapshot_tells_what_is_left() -> None:
    scene = Scene()
    scene.dial("1010000001", call="c-1")
    scene.dial("1010100002", call="c-2")
    scene.run(0.5)
    scene.pbx.cut()
    seen = len(scene.log)
    assert isinstance(scene.log[-1][1], LinkLost)
    scene.run(5.0)
    assert len(scene.log) == seen
    scene.pbx.open()
    scene.run(0.1)
    assert isinstance(scene.log[seen][1], LinkUp)
    snapshot = scene.log[seen + 1][1]
    assert isinstance(snapshot, PbxSnapshot)
    assert [row.leg for row in snapshot.legs] == ["c-1"]


def test_commands_on_a_cut_link_are_refused_and_never_carried_out_later() -> None:
    scene = Scene()
    scene.pbx.cut()
    call = scene.dial("1010000001")
    scene.pbx.perform(Park(server=scene.pbx.server, call=call))
    scene.run(1.0)
    assert [event.leg for event in scene.of(OriginateRefused)] == [call]  # type: ignore[attr-defined]
    assert [event.what for event in scene.of(ActionFailed)] == ["Park"]  # type: ignore[attr-defined]
    scene.pbx.open()
    scene.run(5.0)
    assert not scene.of(LegCreated)


def test_originate_on_its_way_when_the_link_is_cut_is_lost_and_may_have_left() -> None:
    scene = Scene()
    call = scene.dial("1010000001")
    scene.pbx.cut()
    assert [event.leg for event in scene.of(OriginateLost)] == [call]  # type: ignore[attr-defined]
    scene.pbx.open()
    scene.run(2.0)
    assert scene.of(LegAnswered)


def test_crash_takes_every_call_and_says_nothing() -> None:
    scene = Scene()
    scene.dial("1010000001")
    scene.run(1.0)
    seen = len(scene.log)
    scene.pbx.crash()
    scene.run(60.0)
    assert len(scene.log) == seen
    scene.pbx.perform(TakeSnapshot(server=scene.pbx.server))
    scene.run(1.0)
    assert scene.of(PbxSnapshot)[-1].legs == ()  # type: ignore[attr-defined]


def test_phone_takes_one_call_at_a_time() -> None:
    scene = Scene()
    scene.pbx.add_phone("PJSIP/1001")
    for leg in ("s-1001-a", "s-1001-b"):
        scene.pbx.perform(
            SeatAgent(
                server=scene.pbx.server,
                agent=AgentId("1001"),
                leg=LegId(leg),
                endpoint="PJSIP/1001",
                ring_s=10.0,
                auto_answer=True,
            )
        )
        scene.run(1.0)
    assert [event.leg for event in scene.of(BridgeEntered)] == ["s-1001-a"]  # type: ignore[attr-defined]
    assert scene.of(LegEnded)[0].tech_cause == 486  # type: ignore[attr-defined]


def test_phone_put_down_ends_the_seat_and_frees_the_phone() -> None:
    scene = Scene()
    scene.pbx.add_phone("PJSIP/1001")
    scene.pbx.originate(LegId("s-1001-a"), "PJSIP/1001", "switchroom-agent", "1001", 10.0)
    scene.run(1.0)
    scene.pbx.phone_hangs_up("PJSIP/1001")
    scene.run(1.0)
    assert [event.leg for event in scene.of(LegEnded)] == ["s-1001-a"]  # type: ignore[attr-defined]
    states = [event.state for event in scene.of(DeviceChanged)]  # type: ignore[attr-defined]
    assert states == ["INUSE", "NOT_INUSE"]
    assert scene.pbx.seats == {}


def test_abandoned_customer_who_opts_out_presses_the_key_and_is_hung_up() -> None:
    class Unwilling(Customers):
        def fate(self, digits: str, now: float):  # type: ignore[no-untyped-def]
            fate = super().fate(digits, now)
            fate.opts_out = True
            return fate

    scene = Scene(Unwilling(Odds(patience_min_s=600), random.Random(1)))
    call = scene.dial("8613800000001")
    scene.run(30.0)
    assert scene.of(LegParked)
    scene.pbx.perform(PlayAbandonMessage(server=scene.pbx.server, call=call))
    scene.run(30.0)
    names = [type(event) for _, event in scene.log]
    assert names.index(OptOutPressed) < names.index(LegEnded)
    assert len(scene.of(LegEnded)) == 1


def test_recording_leaves_three_sound_files(tmp_path: Path) -> None:
    scene = Scene()
    scene.pbx._recordings = tmp_path
    call = scene.dial("1010200001")
    scene.run(1.0)
    scene.pbx.perform(StartRecording(server=scene.pbx.server, call=call, name="2026/c-1"))
    scene.run(5.0)
    assert sorted(path.name for path in (tmp_path / "2026").iterdir()) == ["c-1-rx.wav", "c-1-tx.wav", "c-1.wav"]


def test_recording_never_leaves_its_folder(tmp_path: Path) -> None:
    write_recording(tmp_path / "monitor", "../elsewhere", 1.0)
    write_recording(tmp_path / "monitor", str(tmp_path / "monitor" / "here"), 1.0)
    assert sorted(path.name for path in tmp_path.rglob("*.wav")) == ["here-rx.wav", "here-tx.wav", "here.wav"]


def test_number_that_cannot_be_dialled_in_this_context_is_refused_at_once() -> None:
    scene = Scene()
    assert scene.pbx.originate(LegId("c-1"), "PJSIP/1@carrier", "nowhere", "s", 10.0) == "Extension does not exist."
    assert scene.pbx.redirect(LegId("c-1"), "switchroom-hold", "s") == "No such channel"
    assert CallId("c-1") not in scene.pbx.legs
