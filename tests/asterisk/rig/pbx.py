"""One private Asterisk on loopback with the files it is given: started, killed, started again."""

import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from tests.asterisk.rig.child import die_with_parent
from tests.asterisk.rig.sipp import MUSIC_HZ, tone

HERE = Path(__file__).parent
EMPTY = ("stasis", "udptl", "acl", "sorcery", "ccss", "pjproject", "cdr", "cel", "features")
SETTLE_S = 60.0


class Pbx:
    """Asterisk under `run`, listening for SIP on `host`:5060 and for AMI on 127.0.0.1:`ami`."""

    def __init__(self, dest: Path, run: Path, host: str, ami: int, files: Mapping[str, str]) -> None:
        self.run, self.host, self.ami = run, host, ami
        self.boot_log = ""
        """Everything Asterisk had said when its last start was done."""
        self._dest = dest
        self._process: subprocess.Popen[bytes] | None = None
        for folder in ("etc", "db", "spool/monitor", "run", "log", "keys", "moh", "data/sounds"):
            (run / folder).mkdir(parents=True, exist_ok=True)
        for source in (dest / "usr/share/asterisk").iterdir():
            if source.name != "sounds":
                (run / "data" / source.name).symlink_to(source)
        (run / "data/sounds/en").symlink_to(dest / "usr/share/asterisk/sounds/en")
        tone(run / "moh/music.ulaw", MUSIC_HZ)
        words = {"@RUN@": str(run), "@DEST@": str(dest), "@AMI@": str(ami), "@PBX@": host}
        for template in (HERE / "etc").iterdir():
            text = template.read_text()
            for word, value in words.items():
                text = text.replace(word, value)
            self.write(template.name, text)
        for name in EMPTY:
            if not (run / "etc" / f"{name}.conf").exists():
                self.write(f"{name}.conf", "")
        modules = (HERE / "mods.txt").read_text().split()
        self.write("modules.conf", "[modules]\nautoload=no\n" + "".join(f"load => {name}.so\n" for name in modules))
        self.files = files
        for name, text in self.files.items():
            self.write(name, text)

    @property
    def recordings(self) -> Path:
        return self.run / "spool/monitor"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the process that runs, 0 when none does."""
        return self._process.pid if self._process is not None and self.running else 0

    def write(self, name: str, text: str) -> None:
        (self.run / "etc" / name).write_text(text, encoding="utf-8")

    def start(self) -> None:
        """Start and wait until fully booted; AssertionError with the log when it does not come up.

        Only from the main thread: Linux counts the thread that starts a process as its parent."""
        assert threading.current_thread() is threading.main_thread()
        (self.run / "log/messages.log").unlink(missing_ok=True)
        with (self.run / "log/console").open("wb") as console:
            self._process = subprocess.Popen(
                [*self._command, "-f", "-q"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                preexec_fn=die_with_parent,
            )
        deadline = time.monotonic() + SETTLE_S
        while "fully booted" not in self.cli("core waitfullybooted"):
            assert self.running, f"Asterisk did not start:\n{self.log}"
            assert time.monotonic() < deadline, f"Asterisk did not boot:\n{self.log}"
            time.sleep(0.05)
        self.boot_log = self.log

    def kill(self) -> None:
        """SIGKILL, as when the machine loses its power."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(10)

    def cli(self, command: str) -> str:
        """What Asterisk's command line answers."""
        done = subprocess.run(
            [*self._command, "-rx", command], capture_output=True, text=True, timeout=SETTLE_S, check=False
        )
        return done.stdout

    def hang_up_all(self) -> None:
        """End every leg; AssertionError when some stay."""
        deadline = time.monotonic() + SETTLE_S
        while not self.cli("core show channels count").startswith("0 active channels"):
            self.cli("channel request hangup all")
            assert time.monotonic() < deadline, self.cli("core show channels concise")
            time.sleep(0.05)

    @property
    def log(self) -> str:
        parts = [self.run / "log" / name for name in ("messages.log", "console")]
        return "\n".join(part.read_text(errors="replace") for part in parts if part.exists())

    @property
    def _command(self) -> list[str]:
        return [str(self._dest / "bin/asterisk"), "-C", str(self.run / "etc/asterisk.conf")]
