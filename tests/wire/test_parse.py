"""Bytes into messages: every cut, every oddity, any garbage."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.ami.parse import parse
from telephony.ami.protocol import BLANK_LINE, WireProtocol

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
CAPTURES = Path(__file__).parents[1] / "captures"


def heard_of(reads: list[bytes], wanted: frozenset[bytes] | None = None) -> tuple[list[dict[str, str]], WireProtocol]:
    heard: list[dict[str, str]] = []
    protocol = WireProtocol(on_message=heard.append, on_lost=lambda why: None, wanted=wanted)
    for read in reads:
        protocol.data_received(read)
    return heard, protocol


def test_stream_cut_at_every_byte_says_the_same() -> None:
    stream = (
        GREETING
        + (
            "Response: Success\r\nActionID: x:1\r\nMessage: Authentication accepted\r\n\r\n"
            "Event: Newchannel\r\nCallerIDName: 张三\r\nAccountCode: \r\n\r\n"
            "Response: Success\r\nMessage: Command output follows\r\nOutput: a\r\nOutput: \r\nOutput:  b: c\r\n\r\n"
        ).encode()
    )
    whole, _ = heard_of([stream])
    assert len(whole) == 3
    assert whole[1] == {"Event": "Newchannel", "CallerIDName": "张三", "AccountCode": ""}
    assert whole[2]["Output"] == "a\n\n b: c"
    for cut in range(len(stream) + 1):
        parts, protocol = heard_of([stream[:cut], stream[cut:]])
        assert parts == whole
        assert protocol.version == "11.0.0"
    assert heard_of([stream[at : at + 1] for at in range(len(stream))])[0] == whole


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_recorded_stream_in_small_reads_says_the_same(size: int) -> None:
    stream = (CAPTURES / "success.txt").read_bytes() + BLANK_LINE
    whole, _ = heard_of([stream])
    assert heard_of([stream[at : at + size] for at in range(0, len(stream), size)])[0] == whole


def test_peer_without_a_greeting_is_understood() -> None:
    heard, protocol = heard_of([b"Event: Ha", b"ngup\r\nCause: 16\r\n\r\n"])
    assert heard == [{"Event": "Hangup", "Cause": "16"}]
    assert protocol.version == "unknown"


def test_events_nobody_wants_are_counted_and_not_parsed() -> None:
    data = b"Event: VarSet\r\nValue: x\r\n\r\n" * 3 + b"Event: Hangup\r\nCause: 16\r\n\r\nResponse: Success\r\n\r\n"
    heard, protocol = heard_of([GREETING, data], frozenset({b"Hangup"}))
    assert heard == [{"Event": "Hangup", "Cause": "16"}, {"Response": "Success"}]
    assert protocol.skipped == {b"VarSet": 3}
    assert protocol.messages == 5


def test_names_of_unwanted_events_are_counted_within_a_bound() -> None:
    data = b"".join(b"Event: Invented%d\r\n\r\n" % number for number in range(1000))
    _, protocol = heard_of([GREETING, data, b"Event: " + b"x" * 500 + b"\r\n\r\n"], frozenset())
    assert len(protocol.skipped) <= 257
    assert sum(protocol.skipped.values()) == 1001
    assert max(map(len, protocol.skipped)) < 100


def test_of_a_repeated_header_the_first_counts_so_that_a_value_cannot_forge_it() -> None:
    assert parse(b"Event: UserEvent\r\nUniqueid: c-1\r\nAmd: x\r\nUniqueid: c-2") == {
        "Event": "UserEvent",
        "Uniqueid": "c-1",
        "Amd": "x",
    }


def test_lines_without_a_colon_are_passed_over_and_a_missing_space_is_forgiven() -> None:
    assert parse(b"Event: A\r\ngarbage\r\nB:c\r\nD:\r\n: e") == {"Event": "A", "B": "c", "D": "", "": "e"}


def test_blank_lines_between_messages_are_no_messages() -> None:
    heard, _ = heard_of([GREETING + b"\r\n\r\n\r\nEvent: Hangup\r\nCause: 0\r\n\r\n\r\n\r\nEvent: Newchannel\r\n\r\n"])
    assert [message["Event"] for message in heard] == ["Hangup", "Newchannel"]


def test_text_that_is_not_utf8_is_shown_as_such() -> None:
    assert parse(b"CallerIDName: \xff\xfe") == {"CallerIDName": "\ufffd\ufffd"}


@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([b"\r\n\r\n", b"\r\n", b"Event: ", GREETING]))))
@settings(max_examples=200, deadline=None)
def test_any_bytes_in_any_reads_say_what_they_say_in_one(reads: list[bytes]) -> None:
    assert heard_of(reads)[0] == heard_of([b"".join(reads)])[0]


def test_greeting_without_an_end_is_cut_off() -> None:
    ends: list[str] = []
    protocol = WireProtocol(on_message=lambda message: None, on_lost=ends.append)
    protocol.data_received(b"Asterisk Call Manager/" + b"9" * 300)
    protocol.data_received(b"\r\nEvent: Hangup\r\n\r\n")
    assert ends == ["greeting too long"]


def test_failing_listener_is_logged_without_what_it_said(caplog: pytest.LogCaptureFixture) -> None:
    def fail(message: dict[str, str]) -> None:
        raise ValueError(message["CallerIDNum"])

    protocol = WireProtocol(on_message=fail, on_lost=lambda why: None)
    protocol.data_received(GREETING + b"Event: Newchannel\r\nCallerIDNum: 13800138000\r\n\r\n" * 2)
    assert protocol.failures == 2
    assert "ValueError" in caplog.text
    assert "13800138000" not in caplog.text
