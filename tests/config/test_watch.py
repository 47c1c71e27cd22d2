"""Campaigns change while the server runs; a bad file changes nothing."""

import asyncio
import os
from pathlib import Path

import pytest

from config.load import load_campaigns
from config.model import ServerSettings
from config.watch import CampaignWatch, Reloaded, ReloadRefused

ONE = "[campaign.spring]\ntitle = 'Spring'\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "campaigns.toml"
    path.write_text(ONE)
    return path


@pytest.fixture
def watch(path: Path) -> CampaignWatch:
    return CampaignWatch(path, load_campaigns(path, ServerSettings()), ServerSettings())


def write(path: Path, text: str) -> None:
    """Write so that even a coarse clock shows the change."""
    before = path.stat().st_mtime_ns
    path.write_text(text)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def test_an_unchanged_file_is_no_news(watch: CampaignWatch) -> None:
    assert [watch.look(), watch.look()] == [None, None]


def test_a_changed_file_is_read_once_it_rests(path: Path, watch: CampaignWatch) -> None:
    write(path, ONE + "[campaign.autumn]\n")
    assert watch.look() is None
    news = watch.look()
    assert isinstance(news, Reloaded)
    assert (news.added, news.removed, news.changed) == (("autumn",), (), ())
    assert watch.look() is None


def test_what_was_removed_and_changed_is_named(path: Path, watch: CampaignWatch) -> None:
    write(path, "[campaign.spring]\ntitle = 'New'\n")
    news = watch.look(poked=True)
    assert isinstance(news, Reloaded)
    assert news.changed == ("spring",)
    write(path, "")
    news = watch.look(poked=True)
    assert isinstance(news, Reloaded)
    assert news.removed == ("spring",)


def test_a_bad_file_is_refused_once_and_the_old_campaigns_stay(path: Path, watch: CampaignWatch) -> None:
    write(path, "[campaign.spring]\nmode = 'x'\n")
    news = watch.look(poked=True)
    assert isinstance(news, ReloadRefused)
    assert [(fault.line, fault.code) for fault in news.error.faults] == [(2, "not_one_of")]
    assert watch.campaigns["spring"].title == "Spring"
    assert watch.look() is None
    write(path, ONE)
    assert [watch.look(), watch.look()] == [None, None]
    assert watch.campaigns["spring"].title == "Spring"


def test_a_file_taken_away_is_refused_and_one_put_back_is_read(path: Path, watch: CampaignWatch) -> None:
    path.unlink()
    assert watch.look() is None
    assert isinstance(watch.look(), ReloadRefused)
    path.write_text(ONE.replace("Spring", "Again"))
    watch.look()
    assert isinstance(watch.look(), Reloaded)


async def test_a_poke_looks_at_once(path: Path, watch: CampaignWatch) -> None:
    news: asyncio.Queue[Reloaded | ReloadRefused] = asyncio.Queue()
    async with asyncio.timeout(60):
        task = asyncio.create_task(watch.run(news.put_nowait, every_s=3600))
        write(path, ONE + "[campaign.autumn]\n")
        watch.poke()
        assert isinstance(await news.get(), Reloaded)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
