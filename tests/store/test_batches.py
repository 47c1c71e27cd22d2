"""The books of imported lists: a file is one batch of a campaign, its import goes forward only."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

import store
from store import Store
from store.batches import (
    Batch,
    BatchExists,
    BatchMoved,
    BatchState,
    advance,
    batch_of,
    batch_of_file,
    batches_list,
    create_batch,
)
from store.intake import add_leads
from store.opening import migrations
from telephony.ids import CampaignId
from tests.store.trade import NOON, SPRING, customer


def batch(id: str = "b1", *, digest: str = "d1", campaign: str = SPRING, at: float = NOON, sheet: str = "") -> Batch:
    return Batch(
        id=id, campaign=CampaignId(campaign), file="list.csv", sheet=sheet, digest=digest, created_at=at, author="lee"
    )


def test_a_batch_is_found_by_its_name_and_by_its_file(opened: Store) -> None:
    create_batch(opened, batch())
    assert batch_of(opened, "b1") == batch()
    assert batch_of_file(opened, SPRING, "d1") == batch()
    assert batch_of(opened, "b2") is None
    assert batch_of_file(opened, SPRING, "d2") is None
    assert batch_of_file(opened, CampaignId("autumn"), "d1") is None


def test_a_name_is_given_once_and_a_file_is_one_batch_of_a_campaign(opened: Store) -> None:
    create_batch(opened, batch())
    with pytest.raises(BatchExists):
        create_batch(opened, batch(digest="d2"))
    with pytest.raises(BatchExists):
        create_batch(opened, batch("b2"))
    create_batch(opened, batch("b3", campaign="autumn"))
    create_batch(opened, batch("b4", sheet="Sheet2"))
    assert [found.id for found in batches_list(opened)] == ["b1", "b3", "b4"]


def test_batches_are_listed_newest_first_by_campaign_and_state(opened: Store) -> None:
    for serial in range(4):
        create_batch(opened, batch(f"b{serial}", digest=f"d{serial}", at=NOON + serial))
    create_batch(opened, batch("other", campaign="autumn"))
    first = batch("b0", digest="d0")
    with opened.writing.begin() as connection:
        advance(connection, first, batch_open(first))
    assert [found.id for found in batches_list(opened, campaign=SPRING)] == ["b3", "b2", "b1", "b0"]
    assert [found.id for found in batches_list(opened, state=BatchState.OPEN)] == ["b0"]
    assert [found.id for found in batches_list(opened, before=NOON + 2, limit=1)] == ["b1"]


def batch_open(before: Batch) -> Batch:
    return Batch(
        id=before.id,
        campaign=before.campaign,
        file=before.file,
        digest=before.digest,
        created_at=before.created_at,
        author=before.author,
        state=BatchState.OPEN,
        rows=3,
        added=2,
        rejected=1,
        position=4,
        opened_at=NOON + 1,
        counts={"nul": 1},
    )


def test_an_import_goes_forward_only_from_where_it_was_read(opened: Store) -> None:
    create_batch(opened, batch())
    with opened.writing.begin() as connection:
        advance(connection, batch(), batch_open(batch()))
    assert batch_of(opened, "b1") == batch_open(batch())
    with pytest.raises(BatchMoved), opened.writing.begin() as connection:
        advance(connection, batch(), batch_open(batch()))


def test_lists_of_before_become_open_batches_each_of_one_campaign(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/switchroom.db"
    opened = store.open(url)
    add_leads(opened, [customer(1), customer(2), customer(3, campaign="autumn")])
    with opened.writing.begin() as connection:
        connection.execute(text("UPDATE leads SET batch = 'list'"))
        config = migrations()
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    opened.close()
    again = store.open(url)
    found = {each.id: each for each in batches_list(again)}
    again.close()
    assert {(each.id, each.campaign, each.rows) for each in found.values()} == {
        ("list spring", "spring", 2),
        ("list autumn", "autumn", 1),
    }
    assert {each.state for each in found.values()} == {BatchState.OPEN}
