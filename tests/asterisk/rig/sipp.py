"""SIPp as the carrier and as agents' phones, and the tones they speak in."""

import os
import subprocess
from pathlib import Path

import numpy as np

from tests.asterisk.rig.child import die_with_parent

SCENARIOS = Path(__file__).parent / "sipp"
RATE = 8000
CUSTOMER_HZ, AGENT_HZ, MUSIC_HZ = 440, 880, 1320


def ulaw(hertz: float, first: int, count: int) -> bytes:
    """G.711 µ-law of a sine of half the full level: `count` samples from the one numbered `first`."""
    linear = 0.5 * np.sin(2 * np.pi * hertz * np.arange(first, first + count) / RATE)
    level = np.clip(np.abs(linear) * 32635, 0, 32635).astype(np.int64) + 132
    exponent = np.floor(np.log2(level)).astype(np.int64) - 7
    mantissa = (level >> (exponent + 3)) & 0x0F
    sign = np.where(linear < 0, 0x80, 0x00)
    heard: bytes = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()
    return heard


def tone(path: Path, hertz: float, seconds: float = 10.0) -> None:
    """A µ-law file with such a sine; whole seconds loop without a click."""
    path.write_bytes(ulaw(hertz, 0, int(RATE * seconds)))


class Party:
    """One SIPp process playing a scenario at `host`:5080, with its tones beside it in `run`."""

    def __init__(self, dest: Path, run: Path, scenario: str, host: str, pbx: str) -> None:
        run.mkdir(parents=True, exist_ok=True)
        tone(run / "customer.ulaw", CUSTOMER_HZ)
        tone(run / "agent.ulaw", AGENT_HZ)
        self._run, self.host = run, host
        self._command = [
            str(dest / "bin/sipp"),
            *("-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", host, "-mi", host, "-p", "5080", "-mp", "6000"),
            *("-nostdin", "-trace_msg", "-message_file", str(run / "messages"), f"{pbx}:5060"),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def contact(self) -> str:
        return f"sip:{self.host}:5080"

    @property
    def messages(self) -> str:
        """Every SIP message so far, as SIPp saw it."""
        path = self._run / "messages"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        with (self._run / "screen").open("wb") as screen:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._run,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                env={**os.environ, "TERM": "dumb"},
                preexec_fn=die_with_parent,
            )

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(10)
