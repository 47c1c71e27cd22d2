"""Portions of lists on either database: compared, taken in, told; sealed, and sealed anew for a new key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from store.left_out import rejects_of
from store.resealing import rotate
from store.tables import batch_rejects
from switchroom.intake import PORTION
from telephony.ids import CampaignId
from tests.switchroom.desk_of_lists import Intake
from tests.switchroom.test_batches_of_leads import FIRST, SECOND, rows


@pytest.fixture
def site(url: str, tmp_path: Path) -> Iterator[Intake]:
    made = Intake(tmp_path, url=url)
    yield made
    made.store.close()


def test_lists_are_compared_and_go_on_alike_on_both_databases(site: Intake) -> None:
    other = site.take(FIRST, campaign=CampaignId("autumn"))
    report = site.take(SECOND)
    assert report.duplicates == {"live_number": 1, "live_customer": 1}
    assert site.rejects(report.batch)[0] == (2, "live_number", f"+86138****8000 · {other.batch}")
    assert site.take(SECOND).already
    assert site.take(rows(PORTION + 50)).added == len(site.leads) - 3


def test_what_was_not_taken_is_sealed_and_opens_after_the_key_has_changed(site: Intake) -> None:
    report = site.take("phone,name\n12345,张三\n")
    before = list(rejects_of(site.store, report.batch))
    rotate(site.store)
    with site.store.reading.begin() as connection:
        raw = connection.execute(select(batch_rejects.c.value, batch_rejects.c.cells)).one()
    assert all(site.store.seal.is_newest(text) for text in raw)
    assert "张三" not in str(raw)
    assert list(rejects_of(site.store, report.batch)) == before
    assert list(before[0].cells) == ["12345", "张三"]
