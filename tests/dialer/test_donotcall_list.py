"""The mapped list: exact beside a set, hidden under its veil, refused when it is not whole."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import telephony
from dialer.donotcall.mapped import HEADER, Head, ListFault, MappedList, bits_for, read_head
from dialer.donotcall.veil import BITS, Veil
from switchroom.dnc_build import build, write

SECRET = b"k" * 32
ORDINALS = st.integers(0, (1 << BITS) - 1)


def listed(folder: Path, ordinals: set[int], *, secret: bytes = SECRET) -> MappedList:
    """A list of exactly these numbers."""
    salt = b"s" * 16
    veil = Veil(salt, secret)
    places = np.array(sorted(ordinals), dtype=np.uint64)
    veil.cover(places)
    places.sort()

    def head(bits: int, fullest: int, digest: bytes) -> Head:
        return Head(
            bits=bits,
            count=len(places),
            made_at=1.0,
            fullest=fullest,
            salt=salt,
            check=veil.check,
            digest=digest,
            source="made",
            keyed=bool(secret),
        )

    write(places, folder / "list.dnc", head=head, secret=secret)
    return MappedList(folder / "list.dnc", secret)


@given(ordinal=ORDINALS, salt=st.binary(min_size=16, max_size=16), secret=st.binary(max_size=64))
def test_what_goes_under_the_veil_comes_out_again_and_both_ways_of_reckoning_agree(
    ordinal: int, salt: bytes, secret: bytes
) -> None:
    veil = Veil(salt, secret)
    place = veil.over(ordinal)
    many = np.array([ordinal], dtype=np.uint64)
    veil.cover(many)
    assert 0 <= place < 1 << BITS
    assert veil.under(place) == ordinal
    assert many.tolist() == [place]


def test_another_secret_or_salt_is_another_veil() -> None:
    places = {Veil(salt, secret).over(8613800138000) for salt in (b"a" * 16, b"b" * 16) for secret in (b"", b"x", b"y")}
    assert len(places) == 6


@settings(max_examples=20, deadline=None)
@given(numbers=st.sets(st.integers(1000, 10**15 - 1), min_size=1, max_size=400), others=st.lists(ORDINALS, max_size=99))
def test_list_answers_as_a_set_does_neighbours_included(
    numbers: set[int], others: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    one = listed(tmp_path_factory.mktemp("list"), numbers)
    asked = sorted({near for n in numbers for near in (n - 1, n, n + 1)} | set(others))
    assert [one.holds(n) for n in asked] == [n in numbers for n in asked]
    assert one.hold(np.array(asked, dtype=np.uint64)).tolist() == [n in numbers for n in asked]


def test_crowded_buckets_are_searched_to_their_end(tmp_path: Path) -> None:
    numbers = set(range(8613800000000, 8613800000000 + 3_200_000, 2))
    one = listed(tmp_path, numbers)
    assert bits_for(len(numbers)) == 18, "many numbers to a bucket are not tried unless some bucket has many"
    span = np.arange(8613800000000 - 5, 8613800000000 + 3_200_005, dtype=np.uint64)
    expected = (span % 2 == 0) & (span >= 8613800000000) & (span < 8613800000000 + 3_200_000)
    assert (one.hold(span) == expected).all()
    assert all(one.holds(int(n)) == bool(e) for n, e in zip(span[:3000], expected[:3000], strict=True))


def test_what_is_no_number_is_in_no_list(tmp_path: Path) -> None:
    one = listed(tmp_path, {8613800138000})
    beyond = 8613800138000 + (1 << BITS)
    assert not one.holds(beyond)
    assert one.hold(np.array([beyond, 8613800138000], dtype=np.uint64)).tolist() == [False, True]


def test_no_number_stands_in_the_file_in_the_clear(tmp_path: Path) -> None:
    numbers = {8613800138000 + n for n in range(500)}
    listed(tmp_path, numbers)
    body = (tmp_path / "list.dnc").read_bytes()
    for number in numbers:
        for form in (str(number).encode(), str(number)[2:].encode(), number.to_bytes(8, "little")[:6]):
            assert form not in body


def test_list_of_another_installation_is_refused(tmp_path: Path) -> None:
    listed(tmp_path, {8613800138000}).close()
    with pytest.raises(ListFault) as refused:
        MappedList(tmp_path / "list.dnc", b"another")
    assert refused.value.code == "other_secret"


def test_list_without_a_secret_is_anybodys(tmp_path: Path) -> None:
    listed(tmp_path, {8613800138000}, secret=b"").close()
    assert MappedList(tmp_path / "list.dnc", b"whatever").holds(8613800138000)


@pytest.mark.parametrize("cut", [0, 100, HEADER, HEADER + 4000, -4])
def test_truncated_list_is_refused_at_opening(tmp_path: Path, cut: int) -> None:
    listed(tmp_path, {8613800138000, 8613800138001}).close()
    whole = (tmp_path / "list.dnc").read_bytes()
    (tmp_path / "cut.dnc").write_bytes(whole[:cut])
    with pytest.raises(ListFault) as refused:
        MappedList(tmp_path / "cut.dnc", SECRET)
    assert refused.value.code == ("truncated" if cut in (HEADER, HEADER + 4000, -4) else "not_a_list")


def test_damaged_body_is_found_by_the_full_check(tmp_path: Path) -> None:
    one = listed(tmp_path, set(range(8613800000000, 8613800100000)))
    one.verify()
    body = bytearray((tmp_path / "list.dnc").read_bytes())
    body[-1] ^= 1
    (tmp_path / "bad.dnc").write_bytes(body)
    with pytest.raises(ListFault) as refused:
        MappedList(tmp_path / "bad.dnc", SECRET).verify()
    assert refused.value.code in ("checksum", "damaged")


def test_damaged_header_is_refused(tmp_path: Path) -> None:
    listed(tmp_path, {8613800138000}).close()
    body = bytearray((tmp_path / "list.dnc").read_bytes())
    body[24] ^= 1
    with pytest.raises(ListFault) as refused:
        read_head(bytes(body[:HEADER]))
    assert refused.value.code == "damaged"


def test_open_list_answers_on_when_another_takes_its_place(tmp_path: Path) -> None:
    old = listed(tmp_path, {8613800138000})
    new = listed(tmp_path, {8613800138001})
    assert [old.holds(8613800138000), old.holds(8613800138001)] == [True, False]
    assert [new.holds(8613800138000), new.holds(8613800138001)] == [False, True]


def test_large_list_takes_less_than_half_of_what_was_promised(tmp_path: Path) -> None:
    text = tmp_path / "list.txt"
    text.write_text("".join(f"+{8613800000000 + 7 * n}\n" for n in range(1_000_000)))
    made = build(text, tmp_path / "list.dnc", secret=SECRET)
    assert (made.numbers, made.bytes) == (1_000_000, (tmp_path / "list.dnc").stat().st_size)
    assert made.bytes_a_number <= 8.1


def test_who_looks_at_a_number_as_one_integer() -> None:
    root = Path(telephony.__file__).parent.parent
    users = {
        str(file.relative_to(root))
        for folder in ("acd", "config", "desk", "dialer", "recording", "simulator", "store", "switchroom", "telephony")
        for file in (root / folder).rglob("*.py")
        if re.search(r"\.ordinal\(", file.read_text())
    }
    assert users <= {
        "dialer/donotcall/bars.py",
        "store/barred.py",
        "switchroom/dnc_entries.py",
        "switchroom/dnc_lines.py",
        "switchroom/dnc_watch.py",
    }
