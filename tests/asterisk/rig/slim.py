"""Copy out of an unpacked root what the wanted modules and SIPp need: closure of DT_NEEDED through the root's own loader."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT, DEST = Path(os.environ["ROOT"]), Path(sys.argv[1])
LIB = ROOT / "usr/lib/x86_64-linux-gnu"
LOADER = LIB / "ld-linux-x86-64.so.2"
SHARE = "usr/share/asterisk"


def needed(program: Path) -> set[Path]:
    listing = subprocess.run(
        [LOADER, "--library-path", LIB, "--list", program], capture_output=True, text=True, check=False
    ).stdout
    if "not found" in listing:
        raise SystemExit(f"{program.name}: {listing}")
    return {Path(found) for found in re.findall(r"=> (\S+)", listing)}


def copy(source: Path) -> None:
    target = DEST / source.relative_to(ROOT)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source.resolve(), target)


modules = [LIB / f"asterisk/modules/{name}.so" for name in Path(sys.argv[2]).read_text().split()]
programs = [ROOT / "usr/sbin/asterisk", ROOT / "usr/bin/sipp", *(m for m in modules if m.exists())]
libraries = {LOADER, *(LIB / name for name in ("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"))}
for program in programs:
    libraries |= needed(program)
for file in [*programs, *sorted(libraries)]:
    if file.exists():
        copy(file)
for part in ("sounds/en_US_f_Allison", "documentation", "rest-api", "static-http"):
    if (ROOT / SHARE / part).is_dir():
        shutil.copytree(ROOT / SHARE / part, DEST / SHARE / part, symlinks=True, dirs_exist_ok=True)
if not os.path.lexists(DEST / SHARE / "sounds/en"):
    (DEST / SHARE / "sounds").mkdir(parents=True, exist_ok=True)
    (DEST / SHARE / "sounds/en").symlink_to("en_US_f_Allison")
print(len(programs), "programs,", len(libraries), "libraries; missing:", [m.stem for m in modules if not m.exists()])
