"""Every text in both languages, and a text for everything the floor can say."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.words import STATIC, catalogue, say
from telephony import batches, facts, later
from telephony.agents import AgentState, CampaignAction, SeatMode
from telephony.facts import AbandonedBy, Fact
from telephony.outcomes import Outcome

ROOT = Path(__file__).parents[2]
ENGINES = ("acd", "dialer", "recording", "kvmctl", "telephony", "switchroom", "store", "desk", "config")
SORTS = (Fact, batches.BatchFact, batches.LeadsMoved)
KINDS = [
    cls
    for cls in {**vars(facts), **vars(batches), **vars(later)}.values()
    if isinstance(cls, type) and issubclass(cls, Fact) and cls not in SORTS
]


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


REFUSES = {"_refuse", "Refused", "AskRefused", "Refusal", "ImportRefused", "SheetFault"}


def _codes(call: ast.Call) -> Iterator[str]:
    """The keys of the texts that one call of the code will need, as far as they are written out."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    named = {keyword.arg: keyword.value.value for keyword in call.keywords if isinstance(keyword.value, ast.Constant)}
    if name in REFUSES:
        place = {"_refuse": len(call.args) - 2 if len(call.args) > 2 else 1, "Refusal": 1}.get(name, 0)
        given = call.args[place] if len(call.args) > place else None
        last = given.value if isinstance(given, ast.Constant) else None
        yield from (f"code.{code}" for code in (last, named.get("code")) if isinstance(code, str) and code)
    if name == "AlarmRaised" and named.get("alarm"):
        yield f"alarm.{named['alarm']}"
    yield from (text for text in texts if text.startswith("pace."))


def _said() -> set[str]:
    """Codes written as literals where an engine refuses, alarms or explains its pace."""
    keys: set[str] = set()
    for package in ENGINES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    keys.update(_codes(node))
    return keys


def test_every_refusal_alarm_and_reason_written_in_the_code_has_words() -> None:
    said = _said()
    assert {"code.unknown_agent", "code.campaign.unknown", "pace.predictive"} <= said
    assert {key for key in said if key not in catalogue() and key.partition(".")[2] not in catalogue()} == set()


def test_states_and_verbs_inside_a_refusal_are_translated() -> None:
    words = {"state": "draining", "action": "drain"}
    assert say("code.campaign.cannot", "zh", words) == "活动当前收尾中，不能收尾。"
    assert say("code.campaign.cannot", "en", words) == "The campaign is draining now: drain is not possible."
    assert "示闲" in say("code.agent_state", "zh", {"agent": "1001", "state": "talking", "verb": "ready"})
    assert say("code.pace.store", "en") == catalogue()["pace.store"][1]
    assert say("code.never_heard_of", "zh", {"n": "1"}) == "never_heard_of n=1"
