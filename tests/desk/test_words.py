"""Every text in both languages, and a text for everything the floor can say."""

import ast
import re
from pathlib import Path

import pytest

from desk.words import STATIC, catalogue
from telephony import facts
from telephony.agents import AgentState, CampaignAction, SeatMode
from telephony.facts import AbandonedBy, Fact
from telephony.outcomes import Outcome

ROOT = Path(__file__).parents[2]
ENGINES = ("acd", "dialer", "recording", "kvmctl", "telephony", "switchroom", "store", "desk", "config")
KINDS = [cls for cls in vars(facts).values() if isinstance(cls, type) and issubclass(cls, Fact) and cls is not Fact]


def test_every_text_is_there_in_both_languages() -> None:
    for key, (zh, en) in catalogue().items():
        if key != "reason.":
            assert zh.strip(), key
            assert en.strip(), key
        assert set(re.findall(r"{(\w+)}", zh)) == set(re.findall(r"{(\w+)}", en)), key


@pytest.mark.parametrize(
    ("prefix", "enum"),
    [("state", AgentState), ("outcome", Outcome), ("by", AbandonedBy), ("mode", SeatMode), ("ask", CampaignAction)],
)
def test_every_state_has_words(prefix: str, enum: type) -> None:
    assert {f"{prefix}.{member.value}" for member in enum} <= set(catalogue())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_fact_has_words_that_use_its_own_fields(kind: type[Fact]) -> None:
    text = catalogue()[f"fact.{kind.__name__}"][1]
    assert set(re.findall(r"{(\w+)}", text)) <= set(kind.__struct_fields__)


def test_every_key_a_page_uses_exists() -> None:
    used: set[str] = set()
    for path in STATIC.glob("*.js"):
        if path.name != "words.js":
            used |= set(re.findall(r"""\bt\(\s*["']([a-z_.\-A-Z]+)["']""", path.read_text(encoding="utf-8")))
    assert used
    assert used <= set(catalogue())


def _said() -> set[str]:
    """Codes written as literals where an engine refuses, alarms or explains its pace."""
    keys: set[str] = set()
    wanted = {"Refused": ("code", "code."), "AskRefused": ("code", "code."), "AlarmRaised": ("alarm", "alarm."),
              "CampaignView": ("reason_code", "")}  # fmt: skip
    for package in ENGINES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in wanted:
                    field, prefix = wanted[node.func.id]
                    for keyword in node.keywords:
                        if keyword.arg == field and isinstance(keyword.value, ast.Constant) and keyword.value.value:
                            keys.add(prefix + keyword.value.value)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                    keys.add(
                        "code." + node.args[1].value if isinstance(node.args[1], ast.Constant) else "code.internal"
                    )
    return keys


def test_every_refusal_alarm_and_reason_written_in_the_code_has_words() -> None:
    said = _said()
    assert "code.unknown_agent" in said
    assert said - set(catalogue()) == set()
