"""Policy packs: a campaign takes what it leaves open from its pack and may only be stricter unless the server allows more."""

import re
import tomllib
from pathlib import Path

import pytest

from config.faults import SettingsError
from config.load import load_campaigns
from config.model import PACKS, CampaignSettings, PolicySettings, ServerSettings
from config.policy import NONE, looser_rules, packs
from config.regulations import regulations_page
from config.strictness import AS_STRICT
from config.words import LANGS

ROOT = Path(__file__).parents[2]
PACKED = [name for name in PACKS if name != NONE]
CITATION = re.compile(
    r"\d+ CFR [\d.]+(?:\([a-z0-9]+\))*|S[03] [一二三四五六七八九十\d]+(?:\.\d+)*|UWG § \d+a?(?:\(\d\))?|PECR \d{4}, regulation \d+"
)


def campaigns_of(folder: Path, text: str, policy: PolicySettings | None = None) -> dict[str, CampaignSettings]:
    path = folder / "campaigns.toml"
    path.write_text(text, "utf-8")
    return load_campaigns(path, ServerSettings(policy=policy or PolicySettings()))


def refusals_of(folder: Path, text: str, policy: PolicySettings | None = None) -> list[tuple[str, str]]:
    with pytest.raises(SettingsError) as caught:
        campaigns_of(folder, text, policy)
    return [(fault.key, fault.code) for fault in caught.value.faults]


def looser_than(pack: str, **settings: object) -> list[str]:
    own = packs()[pack].demands().model_copy(update={})
    campaign = CampaignSettings.model_validate({**own.model_dump(), **settings})
    return [rule.setting for rule in looser_rules(campaign, packs()[pack])]


@pytest.mark.parametrize("name", PACKED)
def test_a_pack_keeps_its_own_rules_and_so_does_a_campaign_that_only_names_it(name: str, tmp_path: Path) -> None:
    assert list(looser_rules(packs()[name].demands(), packs()[name])) == []
    campaign = campaigns_of(tmp_path, f'[campaign.a]\npolicy = "{name}"\n')["a"]
    assert list(looser_rules(campaign, packs()[name])) == []


def test_a_campaign_that_names_none_follows_the_server_s_pack(tmp_path: Path) -> None:
    chinese = campaigns_of(tmp_path, "[campaign.a]\n")["a"]
    assert [(rule.calls, rule.within, rule.rest) for rule in chinese.frequency] == [(2, "1 month", "3 months")]
    american = campaigns_of(tmp_path, "[campaign.a]\n", PolicySettings(default="us"))["a"]
    assert [(window.begin, window.end) for window in american.windows] == [("08:00", "21:00")]
    german = campaigns_of(tmp_path, "[campaign.a]\n", PolicySettings(default="de"))["a"]
    assert german.consent


def test_what_the_product_does_more_carefully_than_the_pack_stays(tmp_path: Path) -> None:
    campaign = campaigns_of(tmp_path, '[campaign.a]\npolicy = "ca"\n')["a"]
    plain = CampaignSettings()
    assert (campaign.ring_s, campaign.pacing.target_abandon) == (plain.ring_s, plain.pacing.target_abandon)
    assert campaigns_of(tmp_path, '[campaign.a]\npolicy = "uk"\n')["a"].pacing.target_abandon == 0.0


def test_a_looser_campaign_is_refused_by_the_name_of_its_setting_with_the_source(tmp_path: Path) -> None:
    text = """\
[campaign.a]
policy = "us"
ring_s = 10.0
[campaign.a.pacing]
target_abandon = 0.05
[[campaign.a.windows]]
begin = "07:30"
end = "21:00"
"""
    assert refusals_of(tmp_path, text) == [
        ("campaign.a.ring_s", "looser_than_policy"),
        ("campaign.a.pacing.target_abandon", "looser_than_policy"),
        ("campaign.a.windows", "looser_than_policy"),
    ]
    with pytest.raises(SettingsError) as caught:
        campaigns_of(tmp_path, text)
    for lang in LANGS:
        said = caught.value.say(lang)
        assert "16 CFR 310.4(b)(4)(i)" in said
        assert "policy.looser" in said
        assert "pacing.target_abandon" in said


def test_the_server_s_file_may_allow_single_settings_or_all(tmp_path: Path) -> None:
    text = '[campaign.a]\npolicy = "us"\nring_s = 10.0\n[campaign.a.pacing]\npatience_s = 4.0\n'
    assert refusals_of(tmp_path, text, PolicySettings(looser=["ring_s"])) == [
        ("campaign.a.pacing.patience_s", "looser_than_policy")
    ]
    assert campaigns_of(tmp_path, text, PolicySettings(looser=["all"]))["a"].ring_s == 10.0


def test_going_without_a_pack_is_the_server_s_decision(tmp_path: Path) -> None:
    text = '[campaign.a]\npolicy = "none"\nring_s = 5.0\n'
    assert refusals_of(tmp_path, text) == [("campaign.a.policy", "policy_none")]
    assert campaigns_of(tmp_path, text, PolicySettings(default="none"))["a"].ring_s == 5.0


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ([{"calls": 2, "within": "1 month", "rest": "3 months"}], True),
        ([{"calls": 1, "within": "2 months", "rest": "100 days"}], True),
        ([{"calls": 1, "within": "31 days", "rest": "93 days"}], True),
        (
            [{"calls": 9, "within": "1 day", "rest": "0 days"}, {"calls": 2, "within": "1 month", "rest": "1 year"}],
            True,
        ),
        ([{"calls": 3, "within": "1 month", "rest": "3 months"}], False),
        ([{"calls": 2, "within": "30 days", "rest": "3 months"}], False),
        ([{"calls": 2, "within": "1 month", "rest": "89 days"}], False),
        ([{"calls": 2, "within": "1 month", "rest": "3 months", "per": "number"}], False),
        ([{"calls": 2, "within": "1 month", "rest": "3 months", "scope": "campaign"}], False),
        ([{"calls": 2, "within": "1 month", "rest": "3 months", "counts": "connected"}], False),
        ([{"calls": 2, "within": "1 month", "rest": "3 months", "uncounted": ["busy"]}], False),
        ([{"calls": 2, "within": "1 month", "rest": "3 months", "window": "calendar"}], False),
        ([], False),
    ],
)
def test_a_frequency_rule_is_kept_only_by_one_that_forbids_as_much(rules: list[dict[str, object]], kept: bool) -> None:
    assert looser_than("cn", frequency=rules) == ([] if kept else ["frequency"])


@pytest.mark.parametrize(
    ("windows", "kept"),
    [
        ([{"begin": "09:00", "end": "12:00"}], True),
        ([{"begin": "08:25", "end": "12:40"}, {"begin": "13:30", "end": "14:00", "days": [6]}], True),
        ([{"begin": "08:24", "end": "12:40"}], False),
        ([{"begin": "12:00", "end": "13:30"}], False),
        ([], True),
    ],
)
def test_calling_windows_are_kept_by_any_part_of_them(windows: list[dict[str, object]], kept: bool) -> None:
    assert looser_than("cn", windows=windows) == ([] if kept else ["windows"])


def test_every_rule_of_every_pack_can_be_compared_and_says_where_it_is_written() -> None:
    rules = [rule for pack in packs().values() for rule in pack.rules]
    assert {rule.setting for rule in rules} <= set(AS_STRICT)
    assert [rule for rule in rules if not rule.source] == []


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_of_regulations_names_every_source_the_code_cites(lang: str) -> None:
    page = regulations_page(lang)
    cited = {
        citation
        for folder in ("config", "dialer", "store", "telephony", "switchroom", "desk", "acd")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".toml") and path.parent.name != "words"
        for citation in CITATION.findall(path.read_text("utf-8"))
    }
    assert len(cited) >= 8
    assert sorted(citation for citation in cited if citation not in page) == []


def test_the_comment_above_a_rule_cites_the_rule_s_own_source() -> None:
    pairs = [
        (comment, tomllib.loads(text)["rule"][0]["source"])
        for path in sorted((ROOT / "config" / "policies").glob("*.toml"))
        for text in re.split(r"\n\n", path.read_text("utf-8"))
        if text.startswith("[[rule]]")
        for comment in CITATION.findall(text.splitlines()[0])
    ]
    assert len(pairs) >= 8
    assert [pair for pair in pairs if pair[0] not in pair[1]] == []


def test_a_citation_the_page_does_not_know_is_found() -> None:
    assert CITATION.findall("as 16 CFR 999.9(z)(9) asks") == ["16 CFR 999.9(z)(9)"]
    assert "16 CFR 999.9(z)(9)" not in regulations_page("en")


@pytest.mark.parametrize("name", PACKED)
def test_a_pack_says_what_was_not_verified_in_both_languages(name: str) -> None:
    assert packs()[name].unverified
    for note in (*packs()[name].unverified, *packs()[name].beyond):
        assert note.say("zh-CN") != note.say("en")


@pytest.mark.parametrize(
    ("contracts", "kept"),
    [
        ([{"target": 0.03, "window": "30 days"}], True),
        ([{"target": 0.02, "window": "1 hour"}], True),
        ([{"target": 0.03, "window": "15 days"}, {"target": 0.5, "window": "campaign"}], True),
        ([{"target": 0.031, "window": "30 days"}], False),
        ([{"target": 0.03, "window": "28 days"}], False),
        ([{"target": 0.03, "window": "month"}], False),
        ([{"target": 0.03, "window": "30 days", "late": "connected"}], False),
        ([{"target": 0.03, "window": "30 days", "early": "connected"}], False),
        ([{"target": 0.03, "window": "30 days", "clock": "amd_end"}], False),
        ([{"target": 0.03, "window": "30 days", "of": "answered"}], False),
        ([{"target": 0.03, "window": "30 days", "threshold_s": 2.5}], False),
        ([], False),
    ],
)
def test_an_abandon_contract_is_as_strict_when_keeping_it_keeps_the_pack_s(
    contracts: list[dict[str, object]], kept: bool
) -> None:
    assert looser_than("us", abandon=contracts) == ([] if kept else ["abandon"])


def test_packs_state_their_contract_and_a_campaign_of_theirs_has_it_beside_its_own(tmp_path: Path) -> None:
    stated = {"us": (0.03, "30 days"), "uk": (0.0, "day"), "ca": (0.05, "month")}
    for pack, contract in stated.items():
        campaign = campaigns_of(tmp_path, f'[campaign.a]\npolicy = "{pack}"\n')["a"]
        assert [(one.target, one.window) for one in campaign.contracts][1:] == [contract]
        assert campaign.contracts[0].target == campaign.pacing.target_abandon
