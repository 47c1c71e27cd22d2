"""Whatever a broken PBX sends, translation neither raises nor invents a leg."""

from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.ami.headers import RENDERINGS, leg_seen, translate
from telephony.events import PbxEvent
from telephony.ids import ServerId

NAMES = ["Event", "Uniqueid", "DestUniqueid", "Cause", "TechCause", "Reason", "ActionID", "ChannelState", "DialStatus"]
NAMES += ["UserEvent", "Amd", "BridgeUniqueid", "Duration", "BridgeId", "Device", "State", "Linkedid"]
values = st.one_of(
    st.text(max_size=20), st.sampled_from([*RENDERINGS, "6", "5", "o:", "o:c-1", "<null>", "9" * 30, "²"])
)
anything = st.one_of(values, st.none(), st.integers(), st.lists(values, max_size=3), st.floats())


@given(st.dictionaries(st.sampled_from(NAMES), anything), st.sampled_from(sorted(RENDERINGS)))
@settings(max_examples=300, deadline=None)
def test_garbled_headers_are_an_event_or_nothing(message: dict[str, object], name: str) -> None:
    for garbled in (message, {**message, "Event": name}, list(message.items())):
        event = translate(garbled, ServerId("pbx1"))  # type: ignore[arg-type]
        assert event is None or isinstance(event, PbxEvent)
    leg_seen(message)  # type: ignore[arg-type]


@given(st.sampled_from(sorted(RENDERINGS)))
@settings(max_examples=30, deadline=None)
def test_event_that_names_no_leg_is_nothing(name: str) -> None:
    assert translate({"Event": name, "Uniqueid": "", "DestUniqueid": "<null>"}, ServerId("pbx1")) is None
