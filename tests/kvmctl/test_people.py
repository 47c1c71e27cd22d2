"""Sign-in at receivers: no default password, hashes only, and wrong ones slow the next down."""

from config.kvm import KvmFile
from kvmctl.people import FREE_TRIES, LONGEST_WAIT_S, MOST_KNOWN, People, fit_for_use, hashed, matches

HASH = hashed("correct horse", b"0123456789abcdef")


def test_a_password_matches_its_hash_and_nothing_else_does() -> None:
    assert matches("correct horse", HASH)
    assert not matches("Correct horse", HASH)
    for broken in (
        "",
        "scrypt$1",
        "plain$1$1$1$a$b",
        "scrypt$999999999$8$1$AAAA$AAAA",
        "scrypt$x$8$1$AA==$AA==",
        HASH[:-4],
    ):
        assert not matches("correct horse", broken)


def test_there_is_no_user_and_no_password_until_somebody_makes_one() -> None:
    assert KvmFile().user == {}
    people = People({})
    for typed in ("", "admin", "4658", "password"):
        assert not (matches(typed, people.kept("admin")) and people.knows("admin"))


def test_five_wrong_log_ins_make_the_next_wait_longer_and_longer() -> None:
    people, now = People({"zhang": HASH}), 1000.0
    for _ in range(FREE_TRIES - 1):
        assert people.tried("zhang", "5001", False, now) == 0.0
    waits = []
    for _ in range(8):
        waits.append(people.tried("zhang", "5001", False, now))
        now += waits[-1]
    assert waits[:3] == [5.0, 10.0, 20.0]
    assert max(waits) == LONGEST_WAIT_S


def test_the_receiver_waits_too_whatever_names_are_tried() -> None:
    people = People({})
    for number in range(FREE_TRIES):
        people.tried(f"name{number}", "5001", False, 1000.0)
    assert people.wait_s("another", "5001", 1000.0) > 0
    assert people.wait_s("another", "5002", 1000.0) == 0


def test_a_right_log_in_and_time_forget_the_wrong_ones() -> None:
    people = People({"zhang": HASH})
    for _ in range(FREE_TRIES):
        people.tried("zhang", "5001", False, 1000.0)
    assert people.wait_s("zhang", "5001", 2000.0) == 0.0
    people.tried("zhang", "5001", True, 1010.0)
    assert people.wait_s("zhang", "5001", 1010.0) == 0.0


def test_names_without_end_do_not_fill_the_memory() -> None:
    people = People({})
    for number in range(MOST_KNOWN + 500):
        people.tried(f"n{number}", f"r{number}", False, 1000.0)
    assert len(people._wrong) <= MOST_KNOWN


def test_short_and_untypable_passwords_are_not_taken() -> None:
    assert [fit_for_use(typed) for typed in ("1234567", "12345678", "密码密码密码密码", "a" * 129, "tab\tinside")] == [
        False,
        True,
        False,
        False,
        False,
    ]
