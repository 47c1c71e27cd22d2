"""The page of the screens names only what exists, the same in both languages, and its dashboard asks for our metrics."""

import json
import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

import kvmctl.engine  # noqa: F401
import switchroom.kvm_link  # noqa: F401
from config.catalogue import everything
from config.rights import Right
from switchroom.cli import app

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("kvm.md", "kvm.zh-CN.md")
METRIC = re.compile(r"switchroom_kvm_[a-z_]+")
SETTING = re.compile(r"`(kvm\.(?!toml|json)[a-z_]+)`")


def text(page: str) -> str:
    return (DOCS / page).read_text("utf-8")


def metrics() -> set[str]:
    families = [family for family in REGISTRY.collect() if family.name.startswith("switchroom_kvm")]
    return {f"{family.name}{end}" for family in families for end in ("", "_total", "_bucket")}


@pytest.mark.parametrize("page", [*PAGES, "grafana-kvm.json"])
def test_every_metric_named_exists(page: str) -> None:
    named = set(METRIC.findall(text(page)))
    assert len(named) >= 7
    assert named <= metrics()


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_and_right_named_exists(page: str) -> None:
    known = set(everything()) | {right.value for right in Right}
    assert {name for name in SETTING.findall(text(page)) if name not in known} == set()


def test_both_languages_name_the_same_and_every_link_leads_somewhere() -> None:
    english, chinese = map(text, PAGES)
    assert set(METRIC.findall(english)) == set(METRIC.findall(chinese))
    assert set(SETTING.findall(english)) == set(SETTING.findall(chinese))
    for page in (english, chinese):
        for target in re.findall(r"\]\(([^)#]+)\)", page):
            assert (DOCS / target).exists(), target


def test_every_command_named_is_there_and_has_its_help_in_both_languages() -> None:
    from config.words import catalogue

    group = next(group.typer_instance for group in app.registered_groups if group.name == "kvm")
    commands = {command.name for command in group.registered_commands}
    assert {"list", "connect", "push", "get", "disconnect", "preset", "watch", "osd", "doctor"} <= commands
    for command in commands:
        for lang in ("en", "zh-CN"):
            assert f"cli.kvm.{(command or '').replace('-', '_')}" in catalogue(lang)  # type: ignore[arg-type]


def test_the_dashboard_is_one_grafana_reads() -> None:
    board = json.loads(text("grafana-kvm.json"))
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"]) >= 4
    assert all(panel["targets"][0]["expr"] for panel in board["panels"])
