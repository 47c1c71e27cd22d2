"""``kvm.toml`` over the API: shown without passwords, checked before it takes the old one's place."""

import re
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from config.faults import SettingsError
from config.load import load_kvm
from switchroom.kvm_plant import KvmFault, build

HIDDEN = "***"
_HEAD = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEPT = re.compile(r"""^(\s*(?:password|secret)\s*=\s*)(?:"[^"]*"|'[^']*')""")


class Unfit(Exception):
    """The new file cannot be taken; `why` in the words of the language asked for."""

    def __init__(self, why: str) -> None:
        super().__init__("unfit")
        self.why = why


def masked(text: str) -> str:
    """The file with three stars for every password and secret."""
    return "\n".join(_KEPT.sub(rf'\1"{HIDDEN}"', line) for line in text.split("\n"))


def merged(new: str, old: str) -> str:
    """The new file, with the old one's password or secret where it says three stars; those of a new user stay stars,
    which no check lets pass."""
    kept, lines, table, matrix = _secrets(old), [], "", -1
    names = [str(row.get("name")) for row in _tree(new).get("matrix", []) if isinstance(row, dict)]
    for line in new.split("\n"):
        if head := _HEAD.match(line):
            table = head.group(2).replace('"', "")
            if table == "matrix":
                matrix += 1
                table = f"matrix.{names[matrix]}" if matrix < len(names) else ""
        found = _KEPT.match(line)
        if found and HIDDEN in line and table in kept:
            line = f'{found.group(1)}"{kept[table]}"'
        lines.append(line)
    return "\n".join(lines)


def put(path: Path, text: str, lang: str) -> None:
    """Check it as the start would, then put it in place, the one before beside it; raises Unfit or OSError."""
    old = path.read_text("utf-8") if path.exists() else ""
    text = merged(text, old)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".kvm") as folder:
        part = Path(folder) / path.name
        part.write_text(text, "utf-8")
        part.chmod(0o600)
        try:
            build(load_kvm(part))
        except SettingsError as error:
            raise Unfit(error.say(lang).replace(f"{part}", path.name)) from None
        except KvmFault as fault:
            raise Unfit(fault.say(lang)) from None
        if path.exists():
            path.replace(path.with_name(path.name + ".before"))
        part.replace(path)


def _secrets(text: str) -> dict[str, str]:
    tree = _tree(text)
    users = tree.get("user", {})
    found = {f"user.{name}": row.get("password") for name, row in users.items()} if isinstance(users, dict) else {}
    found |= {f"matrix.{row.get('name')}": row.get("secret") for row in tree.get("matrix", []) if isinstance(row, dict)}
    plain = {table: value for table, value in found.items() if isinstance(value, str)}
    return {table: value for table, value in plain.items() if '"' not in value and "\\" not in value}


def _tree(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
