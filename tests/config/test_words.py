"""What the program says: the same codes and slots in both languages."""

import re
from pathlib import Path

import pytest

from config.words import LANGS, catalogue, choose, known, say, slots


def test_both_languages_have_the_same_codes() -> None:
    assert set(catalogue("zh-CN")) == set(catalogue("en"))


def test_both_languages_have_the_same_slots() -> None:
    chinese, english = catalogue("zh-CN"), catalogue("en")
    assert [code for code in english if slots(english[code]) != slots(chinese[code])] == []


def test_no_sentence_was_left_in_the_other_language() -> None:
    chinese, english = catalogue("zh-CN"), catalogue("en")
    assert [code for code, text in english.items() if chinese[code] == text and text.count(" ") >= 3] == []


def test_every_code_the_command_line_names_has_a_text() -> None:
    sources = sorted((Path(__file__).parents[2] / "switchroom").glob("cli*.py"))
    named = {
        code for path in sources for code in re.findall(r'\b(?:say|fail)\(\s*"([a-z_.]+)"', path.read_text("utf-8"))
    }
    assert named
    assert sorted(code for code in named if not (known(f"cli.{code}") or code.endswith("."))) == []


@pytest.mark.parametrize("lang", LANGS)
def test_a_code_without_a_text_shows_itself(lang: str) -> None:
    assert say(lang, "no.such_code") == "no.such_code"
    assert say(lang, "no.such_code", n=3) == "no.such_code (n=3)"


def test_words_fill_the_slots_once_and_only_once() -> None:
    assert say("en", "settings.file_unreadable", why="{limit}") == "cannot be read ({limit})."
    assert say("en", "settings.file_unreadable") == "cannot be read ({why})."
    assert say("fr", "settings.missing") == "is missing."


@pytest.mark.parametrize(
    ("source", "lang"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("en;q=0.5, zh-TW", "zh-CN"),
        ("fr", "en"),
        ("zh;q=0, fr", "en"),
        ("zh;q=x", "en"),
        ("", "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE", "SWITCHROOM_LANG": "zh"}, "zh-CN"),
        ({"LANG": "zh_CN", "SWITCHROOM_LANG": "en"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_follows_the_header_or_the_environment(source: str | dict[str, str], lang: str) -> None:
    assert choose(source) == lang
