"""The operator's page names only settings, metrics, alarms and commands that exist, the same in both languages."""

import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

import dialer.metrics  # noqa: F401
import store.chaining  # noqa: F401
import switchroom.outbox  # noqa: F401
from acd import breakdesk, overstay, surge
from acd.inbound import LINE_UNKNOWN
from config.catalogue import everything
from desk.gauges import FloorGauges
from kvmctl.engine import DRIFT_ALARM, MATRIX_LOST
from store.faults import Trouble
from switchroom import dnc_watch, queuelog, surge_messages, watchman
from switchroom.live import LEASE
from switchroom.stockroom import DATA_LOW
from telephony.views import FloorView

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("operating.md", "operating.zh-CN.md")
SETTING = re.compile(r"`((?:store|api|audit|log|asterisk|trunk|floor|agent|campaign|intake|batch)\.[a-z_.]+)`")
METRIC = re.compile(r"\b(?:switchroom|dialer)_[a-z_]+")
ALARM = re.compile(r"^\| `([a-z_]+)`(?:[,、]\s*`([a-z_]+)`)? \|", re.MULTILINE)
COMMAND = re.compile(r"switchroom ((?:example|asterisk)-config|doctor|serve|simulate)")


class Empty:
    """A floor with nobody on it."""

    def view(self) -> FloorView:
        return FloorView(
            at=0.0, simulated=False, version="", agents=(), campaigns=(), calls=(), trunks=(), servers=(), alarms=()
        )


def text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def metrics() -> set[str]:
    families = [*REGISTRY.collect(), *FloorGauges(Empty()).collect()]  # type: ignore[arg-type]
    return {name for family in families for name in (family.name, f"{family.name}_total")}


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_named_exists(page: str) -> None:
    named = set(SETTING.findall(text(page)))
    assert len(named) > 8
    assert named <= set(everything())


@pytest.mark.parametrize("page", PAGES)
def test_every_metric_named_exists(page: str) -> None:
    named = set(METRIC.findall(text(page)))
    assert len(named) > 10
    assert named <= metrics()


@pytest.mark.parametrize("page", PAGES)
def test_every_alarm_there_is_has_its_row(page: str) -> None:
    rows = {(alarm, kind) for alarm, kind in ALARM.findall(text(page)) if alarm != "up"}
    troubles = {("store", trouble.value) for trouble in Trouble} | {("store", LEASE)}
    assert rows == troubles | {
        (watchman.LINK, ""),
        (watchman.TRUNK, ""),
        (DATA_LOW, ""),
        ("recording_missing", ""),
        ("recording_pause", ""),
        (LINE_UNKNOWN, ""),
        (surge.ALARM, ""),
        (surge_messages.ALARM, ""),
        (queuelog.ALARM, ""),
        (MATRIX_LOST, ""),
        (DRIFT_ALARM, ""),
        ("voicemail_missing", ""),
        ("appointment_overdue", ""),
        (overstay.OVERSTAY, ""),
        (breakdesk.OVERDUE, ""),
        (dnc_watch.ALARM, ""),
    }


def test_both_languages_say_the_same() -> None:
    english, chinese = (text(page) for page in PAGES)
    for what in (SETTING, METRIC, ALARM, COMMAND):
        assert what.findall(english) == what.findall(chinese)
    blocks = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    assert len(blocks.findall(english)) == len(blocks.findall(chinese))
    assert len(re.findall(r"^## ", english, re.MULTILINE)) == len(re.findall(r"^## ", chinese, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_the_page_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", text(page)):
        assert (DOCS / target).exists(), target
