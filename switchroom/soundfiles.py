"""Looking for a recording on the disk: are its files there, how large, how long."""

import wave
from pathlib import Path

from telephony.commands import CheckRecording
from telephony.events import RecordingLooked

SIDES = ("", "-rx", "-tx")


def look(folder: Path, command: CheckRecording) -> RecordingLooked:
    """What the folder holds for a recording; bytes is None when any of its three files is missing or empty."""
    total, seconds = 0, 0.0
    for side in SIDES:
        path = folder / f"{command.name}{side}.wav"
        try:
            size = path.stat().st_size
            if not side:
                with wave.open(str(path), "rb") as sound:
                    seconds = sound.getnframes() / sound.getframerate()
        except (OSError, EOFError, wave.Error, ZeroDivisionError):
            return RecordingLooked(server=command.server, call=command.call, bytes=None)
        if not size:
            return RecordingLooked(server=command.server, call=command.call, bytes=None)
        total += size
    return RecordingLooked(server=command.server, call=command.call, bytes=total, seconds=seconds)
