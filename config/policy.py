"""Policy packs: what a country's rules demand of a campaign, as data; a campaign names one and may only be stricter.

A pack fills in what the campaign leaves open. Where a campaign says otherwise it is compared with the pack, setting by
setting; what is not clearly as strict counts as looser.
"""

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from config.checks import Found
from config.model import PACKS, CampaignSettings
from config.strictness import AS_STRICT

NONE = "none"
EVERYTHING = "all"

_FOLDER = Path(__file__).with_name("policies")


@dataclass(frozen=True, slots=True)
class Rule:
    """What one setting must be at least, and where that is written; `source` is ``none`` where nothing limits it."""

    setting: str
    value: Any
    source: str


@dataclass(frozen=True, slots=True)
class Note:
    """A remark in both languages: a duty the pack does not enforce, or what was not verified."""

    texts: Mapping[str, str]
    source: str = ""

    def say(self, lang: str) -> str:
        return self.texts["zh-CN" if lang == "zh-CN" else "en"]


@dataclass(frozen=True, slots=True)
class Pack:
    """The rules of one place and trade, in the order of the file; `effective` is the date of the newest rule followed."""

    name: str
    title: Note
    effective: date
    reviewed: date
    rules: tuple[Rule, ...]
    beyond: tuple[Note, ...]
    unverified: tuple[Note, ...]

    def demands(self) -> CampaignSettings:
        """The rules as a campaign's settings."""
        return CampaignSettings.model_validate(_tree(self.rules), strict=True)

    def defaults(self) -> dict[str, Any]:
        """What a campaign that names this pack has where it says nothing: hours and counts are the pack's, a limit in
        figures only where the product's own default is not as strict already."""
        plain = CampaignSettings()
        return _tree(
            rule
            for rule in self.rules
            if not (isinstance(rule.value, float) and AS_STRICT[rule.setting](_value(plain, rule.setting), rule.value))
        )


@cache
def packs() -> Mapping[str, Pack]:
    """All packs by name."""
    return {name: _read(name) for name in PACKS}


def fill_in(tree: Mapping[str, Any], default: str) -> dict[str, Any]:
    """The raw tree of ``campaigns.toml`` with what its campaigns leave open taken from their packs."""
    campaigns = tree.get("campaign")
    if not isinstance(campaigns, dict):
        return dict(tree)
    filled = {
        name: _over(pack.defaults(), own) if isinstance(own, dict) and (pack := _pack_of(own, default)) else own
        for name, own in campaigns.items()
    }
    return {**tree, "campaign": filled}


def policy_checks(campaigns: Mapping[str, CampaignSettings], default: str, looser: Collection[str]) -> Iterator[Found]:
    """Every setting in which a campaign is looser than its pack, unless the server's file allows it."""
    for name, campaign in campaigns.items():
        if campaign.policy == NONE and default != NONE:
            yield ("campaign", name, "policy"), "policy_none", {"found": NONE, "allowed": ", ".join(packs())}
        pack = packs().get(campaign.policy or default)
        if pack is None or EVERYTHING in looser:
            continue
        for rule in looser_rules(campaign, pack):
            if rule.setting not in looser:
                words = {"policy": pack.name, "source": rule.source, "setting": rule.setting}
                yield ("campaign", name, *rule.setting.split(".")), "looser_than_policy", words


def looser_rules(campaign: CampaignSettings, pack: Pack) -> Iterator[Rule]:
    """The rules of the pack the campaign does not keep."""
    demands = pack.demands()
    for rule in pack.rules:
        if not AS_STRICT[rule.setting](_value(campaign, rule.setting), _value(demands, rule.setting)):
            yield rule


def _pack_of(own: Mapping[str, Any], default: str) -> Pack | None:
    named = own.get("policy") or default
    return packs().get(named) if isinstance(named, str) else None


def _over(under: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in own.items():
        below = merged.get(key)
        merged[key] = _over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _value(campaign: CampaignSettings, setting: str) -> Any:
    value: Any = campaign
    for part in setting.split("."):
        value = getattr(value, part)
    return value


def _tree(rules: Iterable[Rule]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for rule in rules:
        table, key = _inner(tree, rule.setting)
        table[key] = deepcopy(rule.value)
    return tree


def _inner(tree: dict[str, Any], setting: str) -> tuple[dict[str, Any], str]:
    *tables, key = setting.split(".")
    for table in tables:
        tree = tree.setdefault(table, {})
    return tree, key


def _read(name: str) -> Pack:
    raw = tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))
    below = _read(raw["extends"]) if "extends" in raw else None
    rules = {rule.setting: rule for rule in below.rules} if below else {}
    rules |= {row["setting"]: Rule(row["setting"], row["value"], row["source"]) for row in raw.get("rule", ())}
    return Pack(
        name=name,
        title=Note(raw["title"]),
        effective=raw["effective"],
        reviewed=raw["reviewed"],
        rules=tuple(rules.values()),
        beyond=(*(below.beyond if below else ()), *_notes(raw, "beyond")),
        unverified=(*(below.unverified if below else ()), *_notes(raw, "unverified")),
    )


def _notes(raw: Mapping[str, Any], table: str) -> Iterator[Note]:
    for row in raw.get(table, ()):
        yield Note({lang: row[lang] for lang in ("en", "zh-CN")}, row.get("source", ""))
