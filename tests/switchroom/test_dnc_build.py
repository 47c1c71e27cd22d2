"""Building a list: every form a line may have, faults by line number only, and the old list safe whatever happens."""

import errno
import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.donotcall import mapped
from dialer.donotcall.mapped import MappedList
from switchroom import dnc_build
from switchroom.dnc_build import BuildFault, Built, build
from switchroom.dnc_lines import Lines
from telephony.numbers import NumberFault, parse


def made(folder: Path, text: str | bytes, **options: object) -> tuple[Built, MappedList]:
    source = folder / "list.txt"
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    built = build(source, folder / "list.dnc", **options)  # type: ignore[arg-type]
    return built, MappedList(folder / "list.dnc")


def test_lines_of_every_form_are_read_and_the_others_named_by_their_line(tmp_path: Path) -> None:
    text = "\n".join(
        [
            "\ufeff# list of May",
            "+8613800138000",
            "8613800138001\r",
            "",
            "  +86 138-0013-8002  ",
            "+8613800138000",
            "not a number",
            "0013800138003",
            "+44 (20) 7946 0000",
            "12",
            "1" * 16,
            "8613800138009",
        ]
    )
    built, one = made(tmp_path, text)
    for number in (8613800138000, 8613800138001, 8613800138002, 442079460000, 8613800138009):
        assert one.holds(number)
    assert (built.lines, built.numbers, built.duplicates, built.blank) == (12, 5, 1, 2)
    assert built.rejects == ((7, "not_e164"), (8, "not_e164"), (10, "not_e164"), (11, "not_e164"))
    assert built.lines == built.numbers + built.duplicates + built.blank + sum(built.rejected.values())


def test_number_behind_the_last_line_break_is_not_lost(tmp_path: Path) -> None:
    assert made(tmp_path, "8613800138000\n8613800138001")[0].numbers == 2


def test_pieces_of_a_file_meet_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dnc_build, "PIECE", 1000)
    built, one = made(tmp_path, "".join(f"+{8613800000000 + n}\r\n" for n in range(5000)))
    assert built.numbers == built.lines == 5000
    assert all(one.holds(8613800000000 + n) for n in range(5000))


@pytest.mark.parametrize("region", ["CN", "US", "GB", "DE", "IN", "AR"])
def test_national_numbers_are_read_as_the_numbering_plan_says(region: str, tmp_path: Path) -> None:
    samples = {
        "CN": ["13800138000", "01062345678", "14700000001"],
        "US": ["2015550123", "12015550124"],
        "GB": ["02079460000", "2079460001", "07911123456"],
        "DE": ["030123456", "015112345678", "08912345"],
        "IN": ["9812345678", "09812345679"],
        "AR": ["01123456789", "1123456789"],
    }[region]
    built, one = made(tmp_path, "\n".join(samples), region=region)
    assert built.rejected == {}
    for text in samples:
        assert one.holds(parse(text, region).ordinal())


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    region=st.sampled_from(["CN", "US", "GB", "DE", "IN", "CA"]),
    digits=st.lists(st.from_regex(r"\A[0-9]{7,12}\Z"), min_size=1, max_size=5),
)
def test_the_quick_way_says_what_the_numbering_plan_says(region: str, digits: list[str]) -> None:
    refused: list[int] = []
    quick = Lines(region, lambda line, why: refused.append(line))
    found = set(quick.read("".join(f"{text}\n" for text in digits).encode()).tolist())
    for text in digits:
        try:
            ordinal = parse(text, region).ordinal()
        except NumberFault:
            continue
        assert ordinal in found


def test_wrong_checksum_of_the_text_leaves_the_old_list(tmp_path: Path) -> None:
    _, old = made(tmp_path, "8613800138000\n")
    text = b"8613800138001\n"
    with pytest.raises(BuildFault) as refused:
        made(tmp_path, text, sha256="0" * 64)
    assert refused.value.code == "wrong_sha256"
    assert refused.value.words["found"] == hashlib.sha256(text).hexdigest()
    assert MappedList(tmp_path / "list.dnc").holds(8613800138000)
    old.close()
    built, _ = made(tmp_path, text, sha256=hashlib.sha256(text).hexdigest().upper())
    assert built.numbers == 1


@pytest.mark.parametrize("when", ["writing", "verifying"])
def test_crash_while_building_leaves_the_old_list_and_no_rubbish(tmp_path: Path, when: str) -> None:
    made(tmp_path, "8613800138000\n")

    def dies(stage: str, share: float) -> None:
        if stage == when:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(tmp_path, "8613800138001\n", progress=dies)
    assert MappedList(tmp_path / "list.dnc").holds(8613800138000)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["list.dnc", "list.txt"]


def test_process_killed_while_building_leaves_the_old_list_and_the_next_build_goes_on(tmp_path: Path) -> None:
    made(tmp_path, "8613800138000\n")
    source = tmp_path / "more.txt"
    source.write_text("8613800138001\n")
    child = os.fork()
    if not child:
        build(source, tmp_path / "list.dnc", progress=lambda stage, _: os._exit(9) if stage == "verifying" else None)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert (tmp_path / "list.dnc.tmp").exists(), "the child was not killed half way"
    assert MappedList(tmp_path / "list.dnc").holds(8613800138000)
    build(source, tmp_path / "list.dnc")
    assert MappedList(tmp_path / "list.dnc").holds(8613800138001)


def test_full_disk_leaves_the_old_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path, "8613800138000\n")

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        made(tmp_path, "8613800138001\n")
    assert MappedList(tmp_path / "list.dnc").holds(8613800138000)
    assert not (tmp_path / "list.dnc.tmp").exists()


def test_list_that_reads_back_differently_is_not_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path, "8613800138000\n")
    monkeypatch.setattr(
        mapped.Head, "packed", lambda head, real=mapped.Head.packed: real(_with(head, digest=b"\0" * mapped.DIGEST))
    )
    with pytest.raises(mapped.ListFault):
        made(tmp_path, "8613800138001\n")
    assert MappedList(tmp_path / "list.dnc").holds(8613800138000)


def _with(head: mapped.Head, **fields: object) -> mapped.Head:
    import msgspec

    return msgspec.structs.replace(head, **fields)


@pytest.mark.parametrize(("text", "code"), [(b"", "no_numbers"), (b"# none\n", "no_numbers"), (b"PK\0\3", "not_text")])
def test_file_that_holds_no_list_is_one_clear_fault(tmp_path: Path, text: bytes, code: str) -> None:
    with pytest.raises(BuildFault) as refused:
        made(tmp_path, text)
    assert refused.value.code == code


def test_plain_copying_over_a_list_in_use_is_not_allowed(tmp_path: Path) -> None:
    made(tmp_path, "8613800138000\n")
    assert (tmp_path / "list.dnc").stat().st_mode & 0o222 == 0
