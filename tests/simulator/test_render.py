"""What the simulated Asterisk sends looks like what Asterisk 22 sent: the same header names in the same order."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.render import Message, Rendering
from telephony.ami.headers import translate
from telephony.commands import ConnectToSeat, HangUp, StartRecording
from telephony.events import DeviceChanged, OriginateEnded, PbxEvent
from telephony.ids import AgentId, LegId
from tests.simulator.scene import Scene

CAPTURES = Path(__file__).parent.parent / "captures"
OURS_ALONE = {"ChanVariable", "DestChanVariable"}


def captured(name: str, event: str) -> Iterator[dict[str, str]]:
    """Events of this name in a capture of the real Asterisk, headers in order."""
    for block in re.split(r"\r?\n\r?\n", (CAPTURES / f"{name}.txt").read_text(encoding="utf-8")):
        headers = dict(line.split(":", 1) for line in block.splitlines() if ":" in line)
        if headers.get("Event", "").strip() == event:
            yield {key: value.strip() for key, value in headers.items() if key not in OURS_ALONE}


class Rendered(Scene):
    """A scene whose events are rendered as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.rendering = Rendering(self.pbx)
        self.messages: list[Message] = []
        self.pairs: list[tuple[PbxEvent, list[Message]]] = []

    def _hear(self, event: PbxEvent) -> None:
        super()._hear(event)
        messages = self.rendering.render(event)
        self.messages += messages
        self.pairs.append((event, messages))

    def first(self, name: str) -> dict[str, str]:
        message = next(message for message in self.messages if message.name == name)
        return dict([line.split(": ", 1) for line in message.encode("pbx1").decode().split("\r\n") if line])


def busy_scene(digits: str) -> Rendered:
    scene = Rendered()
    scene.dial(digits)
    scene.run(60.0)
    return scene


def talk() -> Rendered:
    scene = Rendered()
    scene.pbx.add_phone("PJSIP/1001")
    scene.pbx.originate(LegId("s-1001-a"), "PJSIP/1001", "switchroom-agent", "1001", 10.0)
    call = scene.dial("1010000001")
    scene.run(1.0)
    scene.pbx.perform(StartRecording(server=scene.pbx.server, call=call, name="c-1"))
    scene.pbx.perform(ConnectToSeat(server=scene.pbx.server, call=call, agent=AgentId("1001")))
    scene.run(1.0)
    scene.pbx.perform(HangUp(server=scene.pbx.server, leg=LegId(call)))
    scene.run(1.0)
    return scene


@pytest.mark.parametrize("name", ["Newchannel", "DialBegin", "Newstate", "DialState", "HangupRequest", "DialEnd"])
def test_headers_of_a_refused_call_are_those_of_asterisk(name: str) -> None:
    real = next(captured("busy", name))
    ours = busy_scene("2050000001").first(name)
    wanted = [key for key in real if key != "TechCause" or key in ours]
    assert list(ours) == wanted


def test_hang_up_of_a_busy_call_is_asterisks_to_the_letter() -> None:
    real = next(captured("busy", "Hangup"))
    ours = busy_scene("2050000001").first("Hangup")
    assert list(ours) == list(real)
    assert {key: ours[key] for key in ("Cause", "Cause-txt", "TechCause", "ChannelStateDesc")} == {
        key: real[key] for key in ("Cause", "Cause-txt", "TechCause", "ChannelStateDesc")
    }


@pytest.mark.parametrize("name", ["BridgeEnter", "BridgeLeave", "ConfbridgeJoin", "MixMonitorStart", "BridgeCreate"])
def test_headers_of_a_seat_are_those_of_asterisk(name: str) -> None:
    assert list(talk().first(name)) == list(next(captured("conf", name)))


def test_row_of_the_channel_list_is_asterisks() -> None:
    real = next(captured("conf", "CoreShowChannel"))
    scene = Rendered()
    scene.pbx.add_phone("PJSIP/1001")
    scene.pbx.originate(LegId("s-1001-a"), "PJSIP/1001", "switchroom-agent", "1001", 10.0)
    scene.run(65.0)
    ours = dict(scene.rendering.row(scene.pbx.rows()[0]))
    assert list(ours) == [key for key in real if key not in ("Event", "ActionID")]
    assert (ours["ApplicationData"], ours["Duration"]) == (real["ApplicationData"], "00:01:04")


@pytest.mark.parametrize(
    "digits",
    ["1050100001", "2050000001", "3050000001", "4000000001", "5000000001", "6050000001", "7050000001", "9050000001"],
)
def test_what_is_rendered_is_translated_back_into_the_same_event(digits: str) -> None:
    for event, messages in busy_scene(digits).pairs:
        if isinstance(event, DeviceChanged | OriginateEnded):
            continue
        if not messages:
            continue
        back = [translate(headers(message), event.server) for message in messages]
        assert [each for each in back if each is not None and not isinstance(each, DeviceChanged)] == [event]


def test_talk_is_translated_back_into_the_same_events() -> None:
    for event, messages in talk().pairs:
        if messages and not isinstance(event, OriginateEnded):
            back = [translate(headers(message), event.server) for message in messages]
            found = [each for each in back if each is not None]
            assert event in found
            assert all(each == event or isinstance(each, DeviceChanged) for each in found)


def headers(message: Message) -> dict[str, str]:
    text = message.encode("pbx1").decode().rstrip("\r\n")
    return {key: value.strip() for key, _, value in (line.partition(":") for line in text.split("\r\n"))}
