"""Whatever is asked of the exchange in whatever order, what it reports stays coherent."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.commands import (
    ConnectToSeat,
    HangUp,
    HoldCustomer,
    Park,
    PbxCommand,
    PlayAbandonMessage,
    RingAgent,
    SeatAgent,
    StartRecording,
    StopRecording,
)
from telephony.events import (
    ActionFailed,
    BridgeEntered,
    BridgeLeft,
    LegAnswered,
    LegCreated,
    LegEnded,
    OriginateAccepted,
    OriginateEnded,
    PbxEvent,
)
from telephony.ids import AgentId, CallId, LegId
from tests.simulator.scene import Scene

CALLS = [CallId(f"c-{n}") for n in range(4)]
AGENTS = [AgentId(f"100{n}") for n in range(3)]
DIGITS = ["1020000001", "1020100001", "2020000001", "3020000001", "8020500001", "9020000001"]

steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["dial", "seat", "connect", "ring", "hold", "park", "abandon", "record", "stop", "hang", "unseat", "phone"]
        ),
        st.integers(0, 3),
        st.integers(0, 2),
        st.sampled_from([0.0, 0.0005, 0.001, 0.3, 2.0, 7.0]),
        st.sampled_from(DIGITS),
    ),
    max_size=60,
)


def command(what: str, call: CallId, agent: AgentId, scene: Scene, serial: int) -> PbxCommand | None:
    server = scene.pbx.server
    match what:
        case "seat":
            leg = LegId(f"s-{agent}-{serial}")
            return SeatAgent(
                server=server, agent=agent, leg=leg, endpoint=f"PJSIP/{agent}", ring_s=3.0, auto_answer=True
            )
        case "connect":
            return ConnectToSeat(server=server, call=call, agent=agent)
        case "ring":
            return RingAgent(
                server=server, call=call, agent=agent, endpoint=f"PJSIP/{agent}", ring_s=3.0, auto_answer=False
            )
        case "hold":
            return HoldCustomer(server=server, call=call)
        case "park":
            return Park(server=server, call=call)
        case "abandon":
            return PlayAbandonMessage(server=server, call=call)
        case "record":
            return StartRecording(server=server, call=call, name="x")
        case "stop":
            return StopRecording(server=server, call=call)
        case "hang":
            return HangUp(server=server, leg=LegId(call))
        case "unseat":
            seats = [leg for leg in scene.pbx.legs if leg.startswith(f"s-{agent}-")]
            return HangUp(server=server, leg=seats[0]) if seats else None
    return None


def coherent(log: list[PbxEvent]) -> None:
    """Legs live once between their creation and their end; nobody is in two bridges, or leaves one he is not in."""
    live: set[str] = set()
    answered: set[str] = set()
    inside: dict[str, str] = {}
    for event in log:
        match event:
            case LegCreated(leg=leg):
                assert leg not in live
                live.add(leg)
            case LegEnded(leg=leg):
                assert leg in live
                assert leg not in inside
                live.discard(leg)
                answered.discard(leg)
            case LegAnswered(leg=leg):
                assert leg in live
                assert leg not in answered
                answered.add(leg)
            case BridgeEntered(leg=leg, bridge=bridge):
                assert leg in answered
                assert leg not in inside
                inside[leg] = bridge
            case BridgeLeft(leg=leg, bridge=bridge):
                assert inside.pop(leg) == bridge
            case ActionFailed() | OriginateEnded() | OriginateAccepted():
                pass
            case _ if hasattr(event, "leg"):
                assert event.leg in live


@settings(max_examples=150, deadline=None)
@given(steps)
def test_reports_are_coherent_whatever_is_asked(script: list[tuple[str, int, int, float, str]]) -> None:
    scene = Scene()
    scene.pbx.add_phone("PJSIP/1000")
    scene.pbx.add_phone("PJSIP/1001", None)
    scene.pbx.add_phone("PJSIP/1002", 1.0)
    accepted: dict[str, int] = defaultdict(int)
    for serial, (what, call, agent, wait_s, digits) in enumerate(script):
        if what == "dial":
            scene.dial(digits, call=CALLS[call], timeout_s=5.0)
        elif what == "phone":
            scene.pbx.phone_hangs_up(f"PJSIP/{AGENTS[agent]}")
        elif (asked := command(what, CALLS[call], AGENTS[agent], scene, serial)) is not None:
            scene.pbx.perform(asked)
        scene.run(wait_s)
    scene.run(10.0)
    for leg in list(scene.pbx.legs):
        scene.pbx.perform(HangUp(server=scene.pbx.server, leg=leg))
    scene.run(60.0)
    log = [event for _, event in scene.log]
    coherent(log)
    for event in log:
        if isinstance(event, OriginateAccepted):
            accepted[event.leg] += 1
        elif isinstance(event, OriginateEnded):
            accepted[event.leg] -= 1
    assert set(accepted.values()) <= {0}
    assert scene.pbx.legs == {}
    assert scene.pbx.seats == {}
    assert all(phone.legs == 0 for phone in scene.pbx.phones.values())
