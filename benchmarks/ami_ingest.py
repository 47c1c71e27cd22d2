"""How many AMI messages a second become events: ours, plain panoramisk 1.4, and a bare split as the ceiling.

All three are fed the same recorded stream of a real Asterisk 22 (500 calls, every event class, 11,533 messages) in
reads of 64 KiB through the protocol's ``data_received``, in one process without a socket. Ours translates too;
panoramisk parses and calls one listener of all events, its fastest way.
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

from config.model import AsteriskSettings
from telephony.ami.link import AmiLink
from telephony.ami.protocol import WireProtocol
from telephony.events import PbxEvent

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


def run(sink: Callable[[PbxEvent], None] | None = None, passes: int = PASSES) -> dict[str, Any]:
    """Measure; `sink` gets every event of ours (the call table, the journal), inside the time measured."""
    logging.getLogger("panoramisk").setLevel(logging.WARNING)
    return asyncio.run(_measure(sink, passes))


if __name__ == "__main__":
    print(json.dumps(run(), ensure_ascii=False, indent=2))
