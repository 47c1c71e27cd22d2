"""A terminal for the command line: every command runs as a process of its own, in the language asked for."""

import json
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LANGS = {"en": "en_US.UTF-8", "zh-CN": "zh_CN.UTF-8"}
TOKEN = "0123456789abcdef0123456789abcdef"
LIMIT_S = 180.0


ONE_AFTER_ANOTHER = """
import contextlib, io, json, sys
from switchroom.cli import main
said = []
for words in json.loads(sys.argv[1]):
    sys.argv = ["switchroom", *words]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    said.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(said))
"""


class Said(NamedTuple):
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def clean(self) -> bool:
        """Whether nobody was shown our insides."""
        return not any(word in self.out + self.err for word in ("Traceback", "Exception ignored", "Error in sys"))

    def one_error(self, code: int) -> str:
        """The one clear error the command ended with."""
        assert self.clean
        assert (self.code, self.out) == (code, "")
        assert self.err.strip()
        return self.err


class Terminal:
    """A person in a folder."""

    def __init__(self, folder: Path, lang: str = "en") -> None:
        self.folder = folder
        self.lang = lang

    def environment(self) -> dict[str, str]:
        mine = {"PATH", "HOME", "PYTHONDONTWRITEBYTECODE", "TMPDIR", "SYSTEMROOT"}
        kept = {name: value for name, value in os.environ.items() if name in mine}
        return {**kept, "LANG": LANGS[self.lang], "PYTHONPATH": str(ROOT), "COLUMNS": "200", "PYTHONWARNINGS": "error"}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "switchroom", *words]

    def run(self, *words: str, extra: Mapping[str, str] | None = None) -> Said:
        done = subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env={**self.environment(), **(extra or {})},
            capture_output=True,
            timeout=LIMIT_S,
            stdin=subprocess.DEVNULL,
        )
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    def each(self, *commands: tuple[str, ...]) -> list[Said]:
        """Several commands one after another in one process, which is sooner."""
        done = subprocess.run(
            [sys.executable, "-c", ONE_AFTER_ANOTHER, json.dumps(commands)],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            timeout=LIMIT_S,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stderr.decode()
        return [Said(*said) for said in json.loads(done.stdout)]

    def json(self, *words: str) -> Any:
        said = self.run(*words, "--json")
        assert said.code == 0, said.err
        return json.loads(said.out)


class Server:
    """``switchroom serve`` as a process; its address is read from what it says."""

    def __init__(self, terminal: Terminal, *words: str) -> None:
        self._err = (terminal.folder / "serve.err").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            terminal.command("serve", *words),
            cwd=terminal.folder,
            env=terminal.environment(),
            stdout=subprocess.PIPE,
            stderr=self._err,
            stdin=subprocess.DEVNULL,
        )
        self.out = ""
        self.url = self._address()

    def _address(self) -> str:
        assert self.process.stdout is not None
        deadline = time.monotonic() + LIMIT_S
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                if ready.select(1.0):
                    chunk = os.read(self.process.stdout.fileno(), 65536).decode()
                    self.out += chunk
                    if found := re.search(r"http://\S+?/(?=\s)", self.out):
                        return found.group().rstrip("/")
                    if not chunk:
                        break
        self.process.kill()
        raise AssertionError(f"serve did not open: {self.out} {self.said_aside()}")

    def said_aside(self) -> str:
        """Standard error so far."""
        self._err.flush()
        return Path(self._err.name).read_text(encoding="utf-8")

    def end(self, by: signal.Signals = signal.SIGTERM) -> Said:
        """Send a signal and wait for the end."""
        self.process.send_signal(by)
        rest, _ = self.process.communicate(timeout=LIMIT_S)
        return Said(self.process.returncode, self.out + rest.decode(), self.said_aside())

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate(timeout=LIMIT_S)
        self._err.close()


def settings(
    folder: Path, *, asterisk_port: int = 1, port: int = 0, store: str = "sqlite:///var/switchroom.db"
) -> None:
    """A small site: one Asterisk, one trunk, two agents, one campaign that may call at any hour."""
    (folder / "server.toml").write_text(
        f"""
[store]
url = "{store}"
free_mb = 0
[api]
port = {port}
tokens = {{ admin = "{TOKEN}" }}
[policy]
looser = ["windows"]
[[asterisk]]
name = "pbx1"
port = {asterisk_port}
secret = "simulated"
[[trunk]]
name = "gw"
asterisk = "pbx1"
dial = "PJSIP/{{digits}}@carrier"
[[agent]]
id = "1001"
name = "林 Lin"
asterisk = "pbx1"
endpoint = "PJSIP/1001"
campaigns = ["spring"]
[[agent]]
id = "1002"
asterisk = "pbx1"
endpoint = "PJSIP/1002"
campaigns = ["spring"]
""",
        encoding="utf-8",
    )
    (folder / "campaigns.toml").write_text(
        """
[campaign.spring]
title = "春季回访"
windows = [{ begin = "00:00", end = "24:00" }]
""",
        encoding="utf-8",
    )
