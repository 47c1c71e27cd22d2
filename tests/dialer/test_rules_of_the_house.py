"""What holds for the whole dialler: complete tables, no clock or dice of its own, no number where it does not belong."""

import re
from pathlib import Path

import msgspec
from prometheus_client import REGISTRY

import dialer
from dialer import campaign as campaigns
from dialer import trunks
from telephony.commands import Originate
from telephony.facts import Fact
from telephony.outcomes import Outcome

from .floor import Agents, Floor, campaign, lead, only, placed

FILES = sorted(Path(dialer.__file__).parent.rglob("*.py"))


def test_every_state_has_its_row_and_leads_to_a_known_state() -> None:
    assert set(campaigns.NEXT) == set(campaigns.Run)
    assert set(trunks.NEXT) == set(trunks.Health)
    assert all(set(row) == {"well", "works_again", "fails"} for row in trunks.NEXT.values())
    assert all("stop" in campaigns.NEXT[state] for state in campaigns.Run if state is not campaigns.Run.STOPPED)


def test_dialler_has_no_clock_no_dice_and_no_network_of_its_own() -> None:
    barred = re.compile(
        r"^\s*(import|from) (asyncio|time|random|socket|threading)\b|datetime\.now|\.for_(exchange|store)\("
    )
    for file in FILES:
        assert [line for line in file.read_text().splitlines() if barred.search(line)] == [], file.name


def test_no_whole_number_in_what_is_said_written_down_or_measured() -> None:
    floor = Floor(campaign(), agents=Agents(3), leads=[lead(n) for n in range(1, 9)])
    said = floor.ask("start")
    for call in placed(said):
        said += floor.ended(call, Outcome.BUSY)
    whole = "+8613800000001"
    assert any(one.number == lead(1).number for one in only(said, Originate))
    assert whole[1:] not in repr(said)
    journal = b"".join(msgspec.json.encode(word) for word in said if isinstance(word, Fact))
    assert whole[1:].encode() not in journal
    labels = [value for metric in REGISTRY.collect() for sample in metric.samples for value in sample.labels.values()]
    assert not any(re.search(r"\d{7}", value) for value in labels)


def test_same_events_give_the_same_decisions() -> None:
    told = []
    for _ in range(2):
        floor = Floor(campaign("predictive"), agents=Agents(4), leads=[lead(n) for n in range(1, 99)])
        said = floor.ask("start")
        for _ in range(20):
            for call in placed(said)[::2]:
                said += floor.ended(call, Outcome.NO_ANSWER)
            said += floor.tick()
        told.append(repr(said))
    assert told[0] == told[1]
