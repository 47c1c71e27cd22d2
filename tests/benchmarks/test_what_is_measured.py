"""The benchmarks measure the product: what they count is on the disk, on the wire, in the journal."""

import gc
import sqlite3
from pathlib import Path

from sqlalchemy import func, select

from benchmarks import ami_ingest, answer_to_bridge, dial_path, gate, startup
from benchmarks.floor import CAMPAIGN, Plan, store_url, write_settings
from config.load import load_campaigns, load_server
from store.tables import attempts


async def test_every_call_of_the_closed_loop_is_on_the_disk_and_left_as_bytes() -> None:
    with dial_path.database(400) as opened:
        rate, path = await dial_path.closed_loop(opened, 300)
        with opened.reading.begin() as connection:
            placed = connection.execute(select(func.count()).select_from(attempts)).scalar()
    assert rate > 0
    assert path.sink.sent == placed == 300
    assert path.sink.octets > 300 * 150
    assert path.house.outbox.held == 0


async def test_open_loop_times_one_call_for_each_agent_who_gets_ready() -> None:
    with dial_path.database(200) as opened:
        took = await dial_path.open_loop(opened, per_s=100.0, for_s=0.3)
    assert len(took) == 30
    assert all(ms > 0 for ms in took)


def test_writer_alone_writes_what_it_is_given() -> None:
    with dial_path.database(1) as opened:
        assert dial_path.writer_alone(opened, 1000) > 0
        with opened.reading.begin() as connection:
            assert connection.execute(select(func.count()).select_from(attempts)).scalar() == 1000


def test_ingestion_goes_all_the_way_to_facts_on_the_disk() -> None:
    told = ami_ingest.journalled(passes=1)
    assert told["facts"] == 500 + 400 + 300 + 500 + 300
    assert told["commits"] >= 1


def test_settings_of_the_benchmarks_are_settings_of_the_product(tmp_path: Path) -> None:
    path = write_settings(tmp_path, Plan(agents=3), ami_port=5038, api_port=8700)
    server = load_server(path)
    campaigns = load_campaigns(tmp_path / "campaigns.toml", server)
    assert len(server.agent) == 3
    assert campaigns[CAMPAIGN].mode == "power"


async def test_customers_reach_a_seat_over_the_wire_and_are_timed(tmp_path: Path) -> None:
    took, unserved = await answer_to_bridge.measure(tmp_path, agents=40, for_s=1.0, warm_up_s=1.0)
    assert len(took) > 5
    assert unserved == 0
    assert all(ms > 0 for ms in took)


async def test_start_is_timed_to_the_first_lead_in_the_hopper(tmp_path: Path) -> None:
    startup.build(tmp_path, 9000)
    database = sqlite3.connect(store_url(tmp_path).removeprefix("sqlite:///"))
    assert database.execute("SELECT count(*), count(due) FROM leads").fetchone() == (9000, 9000)
    database.close()
    healthy, hopper = await startup.start_once(tmp_path)
    assert 0 < healthy <= hopper


def test_gate_decides_the_same_as_its_peers_and_refuses_some() -> None:
    found = gate.run(customers=2000, decisions=500)
    assert found.notes["peers that decide alike"] == "2 of 2"
    assert 0 < int(str(found.notes["refused"]).rstrip("%")) < 100
    assert found.value > 0
    gc.unfreeze()
