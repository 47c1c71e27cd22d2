"""How many AMI messages a second become events, and events become journal: ours, plain panoramisk 1.4, a bare split.

All three are fed the same recorded stream of a real Asterisk 22 (500 calls, every event class, 11,533 messages) in
reads of 64 KiB through the protocol's ``data_received``, in one process without a socket. Ours translates too;
panoramisk parses and calls one listener of all events, its fastest way. The journalled way goes on from the events
through the switchboard and the table of calls to the writer's commits on the disk (SQLite, ``synchronous=FULL``), and
is over when the last fact is durable; all of it on one core.
"""

import asyncio
import gzip
import json
import logging
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from panoramisk import Manager
from pydantic import SecretStr

from benchmarks.dial_path import database, one_core
from benchmarks.result import Result
from config.model import AsteriskSettings
from store.writer import Writer
from switchroom.switchboard import Switchboard
from telephony.ami.link import AmiLink
from telephony.ami.protocol import WireProtocol
from telephony.calltable import CallTable
from telephony.events import LegCreated, PbxEvent
from telephony.facts import AttemptPlaced
from telephony.ids import CallId, CampaignId, CustomerId, LeadId, LegId, ServerId, TrunkId

CAPTURE = Path(__file__).parent / "data" / "load500.bin.gz"
READ = 64 * 1024
PASSES = 7
AT_LEAST_MESSAGES_S = 30_000

Feed = Callable[[bytes], None]


class _Clock:
    def now(self) -> float:
        return time.time()


def _ours(sink: Callable[[PbxEvent], None]) -> Feed:
    settings = AsteriskSettings(name="pbx1", secret=SecretStr("unused"))
    link = AmiLink(settings, _Clock(), jitter=Random(0))
    link.subscribe(sink)
    return link.replay()


def _ours_whole(sink: Callable[[PbxEvent], None]) -> Feed:
    """Ours with every message parsed, also those no one wants."""
    feed = _ours(sink)
    protocol: WireProtocol = feed.__self__  # type: ignore[attr-defined]
    protocol.parse_all = True
    return feed


def _plain() -> Feed:
    heard: list[None] = []
    manager = Manager()
    manager.register_event("*", lambda _manager, _event: heard.append(None))
    protocol = manager.config["protocol_factory"]()
    protocol.connection_made(None)
    protocol.factory = manager
    protocol.encoding = "utf8"
    feed: Feed = protocol.data_received
    return feed


def _bare() -> Feed:
    rest = b""

    def feed(data: bytes) -> None:
        nonlocal rest
        *blocks, rest = (rest + data).split(b"\r\n\r\n")
        for block in blocks:
            dict([line.split(": ", 1) for line in block.decode().split("\r\n")])

    return feed


def _pass(feed: Feed, reads: list[bytes]) -> list[float]:
    """Seconds each read took."""
    stamps = [time.perf_counter()]
    for data in reads:
        feed(data)
        stamps.append(time.perf_counter())
    return [after - before for before, after in pairwise(stamps)]


def _percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def _measure(sink: Callable[[PbxEvent], None] | None, passes: int) -> dict[str, Any]:
    stream = gzip.decompress(CAPTURE.read_bytes())
    messages = stream.count(b"\r\n\r\n")
    reads = [stream[at : at + READ] for at in range(0, len(stream), READ)]
    in_read = [read.count(b"\r\n\r\n") for read in reads]
    events = 0

    def count(event: PbxEvent) -> None:
        nonlocal events
        events += 1
        if sink is not None:
            sink(event)

    feeds = {"ours": _ours(count), "ours, all parsed": _ours_whole(count), "panoramisk 1.4": _plain(), "bare": _bare()}
    rates: dict[str, list[float]] = {name: [] for name in feeds}
    each: list[float] = []
    for number in range(passes + 1):
        for name, feed in feeds.items():
            took = _pass(feed, reads)
            if number == 0:
                continue  # the first pass warms up
            rates[name].append(messages / sum(took))
            if name == "ours":
                each += [s / n * 1e6 for s, n in zip(took, in_read, strict=True)]
    medians = {name: round(_percentile(found, 0.5)) for name, found in rates.items()}
    plain = medians["panoramisk 1.4"]
    return {
        "name": "ami_ingest",
        "unit": "messages/s",
        "value": medians["ours"],
        "p50": round(_percentile(each, 0.50), 2),
        "p99": round(_percentile(each, 0.99), 2),
        "p_unit": "µs a message, by reads of 64 KiB",
        "worst": round(min(rates["ours"])),
        "messages": messages,
        "events_a_pass": events // (2 * (passes + 1)),
        "peers": {name: rate for name, rate in medians.items() if name != "ours"},
        "ratio": round(medians["ours"] / plain, 2),
        "limit": {"at_least": AT_LEAST_MESSAGES_S, "ratio_to_panoramisk_at_least": 1.0},
    }


def journalled(passes: int = PASSES) -> dict[str, float]:
    """Messages a second from bytes to durable facts, one pass after another; and facts and commits of a pass."""
    stream = gzip.decompress(CAPTURE.read_bytes())
    messages = stream.count(b"\r\n\r\n")
    reads = [stream[at : at + READ] for at in range(0, len(stream), READ)]
    return asyncio.run(_journalled(reads, messages, passes))


async def _journalled(reads: list[bytes], messages: int, passes: int) -> dict[str, float]:
    rates, facts, commits = [], 0, 0
    for number in range(passes + 1):
        with one_core(), database(1) as opened:
            writer = Writer(opened, post=lambda act: None)
            board = Switchboard(calls=CallTable(), parts=())
            count = 0

            def take(event: object, board: Switchboard = board, writer: Writer = writer) -> None:
                nonlocal count
                if type(event) is LegCreated:
                    take(_attempt(event.leg))
                found, _ = board.handle(event, time.time())
                if found:
                    count += len(found)
                    writer.submit(found, time.time())

            feed = _ours(take)
            began = time.perf_counter()
            for data in reads:
                feed(data)
            unwritten = writer.close()
            took = time.perf_counter() - began
            if unwritten:
                raise RuntimeError(f"{unwritten} facts were not written")
        if number:  # the first pass warms up
            rates.append(messages / took)
            facts, commits = count, writer.batches
    return {"rate": _percentile(rates, 0.5), "worst": min(rates), "facts": facts, "commits": commits}


def _attempt(leg: LegId) -> AttemptPlaced:
    return AttemptPlaced(
        call=CallId(leg),
        campaign=CampaignId("bench"),
        lead=LeadId(1),
        customer=CustomerId("1"),
        number_key=1,
        trunk=TrunkId("trunk1"),
        server=ServerId("pbx1"),
        caller_id="",
        mode="power",
    )


def run(passes: int = PASSES) -> Result:
    """All the way to the journal; parsing and translating alone stands beside the peers, which do no more."""
    with one_core():
        events = ingest(passes=passes)
    whole = journalled(passes)
    plain = events["peers"]["panoramisk 1.4"]
    return Result(
        name="ami_ingest",
        unit="messages/s",
        value=round(whole["rate"]),
        p50=events["p50"],
        p99=events["p99"],
        p_unit=events["p_unit"],
        peers={"ours, to events only": events["value"], **events["peers"]},
        limit=f"≥ {AT_LEAST_MESSAGES_S}/s and ≥ 1.0 × panoramisk",
        met=whole["rate"] >= AT_LEAST_MESSAGES_S and whole["rate"] >= plain,
        notes={
            "× panoramisk": round(whole["rate"] / plain, 2),
            "to events only, × panoramisk": events["ratio"],
            "worst pass": round(whole["worst"]),
            "facts a pass": whole["facts"],
            "commits a pass": whole["commits"],
        },
    )


def ingest(sink: Callable[[PbxEvent], None] | None = None, passes: int = PASSES) -> dict[str, Any]:
    """Measure the way to events; `sink` gets every event of ours, inside the time measured."""
    logging.getLogger("panoramisk").setLevel(logging.WARNING)
    return asyncio.run(_measure(sink, passes))


if __name__ == "__main__":
    print(json.dumps(ingest(), ensure_ascii=False, indent=2))
