"""kvm.toml over the API: passwords are never shown, three stars keep them, a mistake is refused and the old file stays."""

import stat
from pathlib import Path

import pytest

from config.load import load_kvm
from kvmctl.people import hashed
from switchroom.kvm_file import Unfit, masked, put

HASH = hashed("correct horse", b"0123456789abcdef")
TEXT = f'''[[matrix]]
secret = "of the matrix"  # first
name = "main"
[[receiver]]
id = "5001"
matrix = "main"
[user.zhang]
password = "{HASH}"
'''


def test_no_password_and_no_secret_is_shown() -> None:
    shown = masked(TEXT)
    assert HASH not in shown
    assert "of the matrix" not in shown
    assert shown.count("***") == 2
    assert "5001" in shown


def test_what_was_shown_can_be_put_back_changed_and_keeps_the_passwords(tmp_path: Path) -> None:
    path = tmp_path / "kvm.toml"
    path.write_text(TEXT, "utf-8")
    put(path, masked(TEXT).replace("5001", "5002"), "en")
    loaded = load_kvm(path)
    assert loaded.user["zhang"].password == HASH
    assert loaded.matrix[0].secret is not None
    assert loaded.matrix[0].secret.get_secret_value() == "of the matrix"
    assert loaded.receiver[0].id == "5002"
    assert (tmp_path / "kvm.toml.before").read_text("utf-8") == TEXT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "wrong",
    [
        "[[matrix",
        '[[receiver]]\nid = "5001"\nmatrix = "nosuch"\n',
        '[[matrix]]\nname = "main"\ndriver = "nosuch"\n',
        '[user.li]\npassword = "***"\n',
        '[user.li]\npassword = "plain words"\n',
    ],
)
def test_a_mistake_is_refused_in_both_languages_and_the_old_file_stays(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "kvm.toml"
    path.write_text(TEXT, "utf-8")
    whys = []
    for lang in ("en", "zh-CN"):
        with pytest.raises(Unfit) as caught:
            put(path, wrong, lang)
        whys.append(caught.value.why)
        assert str(tmp_path) not in caught.value.why
        assert "plain words" not in caught.value.why
    assert whys[0] != whys[1]
    assert path.read_text("utf-8") == TEXT
    assert [one.name for one in tmp_path.iterdir()] == ["kvm.toml"]
