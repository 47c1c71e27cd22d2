"""The board and the alert rules shipped for the ACD load as JSON and ask for metrics that there are."""

import json
import re
from pathlib import Path

import switchroom.live  # noqa: F401
from acd.counters import Counters
from desk.acd_gauges import AcdGauges
from tests.desk.fake_floor import FakeFloor

DOCS = Path(__file__).parents[2] / "docs"
METRIC = re.compile(r"\b(?:acd|telephony)_[a-z_]+")
PARTS = ("", "_total", "_bucket", "_sum", "_count")


def known() -> set[str]:
    families = [family.name for family in AcdGauges(FakeFloor(), Counters([])).collect()]
    families += ["acd_match_duration_seconds", "telephony_event_lag_seconds"]
    return {f"{name}{part}" for name in families for part in PARTS}


def test_the_board_asks_for_metrics_there_are() -> None:
    board = json.loads((DOCS / "grafana-acd.json").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(asked) > 15
    assert {name for expr in asked for name in METRIC.findall(expr)} <= known()
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_the_alert_rules_ask_for_metrics_there_are_and_say_what_is_wrong_in_both_languages() -> None:
    (group,) = json.loads((DOCS / "alerts-acd.json").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]:
        assert set(METRIC.findall(rule["expr"])) <= known(), rule["alert"]
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["summary_zh"]
    assert len(group["rules"]) >= 8
