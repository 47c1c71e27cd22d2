"""A recording is filed only when all three of its files are there and hold something."""

import wave
from pathlib import Path

import pytest

from switchroom.soundfiles import SIDES, look
from telephony.commands import CheckRecording
from telephony.events import RecordingLooked
from telephony.ids import CallId, ServerId

ASKED = CheckRecording(server=ServerId("pbx1"), call=CallId("c-1-1"), name="c-1-1")


def sound(path: Path, seconds: float) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * int(8000 * seconds))


@pytest.fixture
def monitor(tmp_path: Path) -> Path:
    for side in SIDES:
        sound(tmp_path / f"c-1-1{side}.wav", 2.5)
    return tmp_path


def missing(found: RecordingLooked) -> bool:
    return found.bytes is None and found.seconds == 0.0


def test_three_files_make_a_recording_with_its_length_and_size(monitor: Path) -> None:
    found = look(monitor, ASKED)
    assert (found.server, found.call) == ("pbx1", "c-1-1")
    assert found.bytes == sum(file.stat().st_size for file in monitor.iterdir())
    assert found.seconds == pytest.approx(2.5)


@pytest.mark.parametrize("side", SIDES)
def test_one_file_missing_and_there_is_no_recording(monitor: Path, side: str) -> None:
    (monitor / f"c-1-1{side}.wav").unlink()
    assert missing(look(monitor, ASKED))


@pytest.mark.parametrize("side", SIDES)
def test_one_file_empty_and_there_is_no_recording(monitor: Path, side: str) -> None:
    (monitor / f"c-1-1{side}.wav").write_bytes(b"")
    assert missing(look(monitor, ASKED))


@pytest.mark.parametrize("junk", [b"RIFF", b"not a sound at all" * 10, bytes(44)])
def test_a_mixed_file_that_is_no_sound_is_missing_not_a_fault(monitor: Path, junk: bytes) -> None:
    (monitor / "c-1-1.wav").write_bytes(junk)
    assert missing(look(monitor, ASKED))


def test_a_folder_that_is_not_there_is_missing_not_a_fault(tmp_path: Path) -> None:
    assert missing(look(tmp_path / "unmounted", ASKED))
