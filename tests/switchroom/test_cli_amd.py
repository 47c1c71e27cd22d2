"""``switchroom amd``: recordings tried offline, and what is said when there is nothing to hear."""

import json
import wave
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from switchroom.cli import app
from tests.dialer.test_amd_detectors import GREETING, HELLO, sound


def tried(*words: str):
    return CliRunner().invoke(app, ["amd", "try", *words])


def recording(path: Path, parts, *, rate: int = 8000, channels: int = 1, width: int = 2) -> str:
    samples = np.repeat(sound(*parts), rate // 8000 * channels)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes() if width == 2 else bytes(len(samples)))
    return str(path)


def test_recordings_are_heard_by_both_detectors_whatever_their_rate_and_channels(tmp_path: Path) -> None:
    person = recording(tmp_path / "person.wav", HELLO, rate=16000, channels=2)
    machine = recording(tmp_path / "machine.wav", GREETING)
    result = tried(person, machine, "--most", "5", "--json")
    assert result.exit_code == 0, result.output
    heard = {(row["file"], row["detector"]): row["heard"] for row in json.loads(result.stdout)}
    assert heard == {
        ("person.wav", "asterisk"): "human",
        ("person.wav", "pattern"): "human",
        ("machine.wav", "asterisk"): "machine",
        ("machine.wav", "pattern"): "machine",
    }


def test_what_cannot_be_heard_is_named_and_the_rest_is_heard(tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("no sound")
    coarse = recording(tmp_path / "coarse.wav", HELLO, width=1)
    person = recording(tmp_path / "person.wav", HELLO)
    result = tried(str(text), coarse, str(tmp_path / "absent.wav"), person, "--most", "5", "--json")
    assert result.exit_code == 1
    assert "notes.wav" in result.stderr
    assert "sox" in result.stderr
    assert "absent.wav" in result.stderr
    assert {row["file"] for row in json.loads(result.stdout)} == {"person.wav"}


def test_campaigns_own_settings_are_tried(tmp_path: Path) -> None:
    (tmp_path / "server.toml").write_text("")
    (tmp_path / "campaigns.toml").write_text(
        '[campaign.spring.pacing]\npatience_s = 2.0\n[campaign.spring.amd]\nstage = "asterisk"\nwords = 1\n'
    )
    machine = recording(tmp_path / "machine.wav", GREETING)
    result = tried(machine, "--campaign", "spring", "--config", str(tmp_path / "server.toml"), "--json")
    assert result.exit_code == 0, result.output
    row = next(row for row in json.loads(result.stdout) if row["detector"] == "asterisk")
    assert (row["heard"], row["why"]) == ("machine", "maxwords")
    missing = tried(machine, "--campaign", "autumn", "--config", str(tmp_path / "server.toml"))
    assert missing.exit_code == 2
    assert "autumn" in missing.stderr
