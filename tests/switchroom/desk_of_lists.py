"""A database and somebody who takes lists into it, and reads what came of them."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select

import store
from store import Store
from store.left_out import LeftOut, rejects_of
from store.sealing import EXTRA, NAME
from store.tables import batch_rejects, batches, leads
from switchroom.intake import IntakeReport, Order, take_in
from telephony.ids import CampaignId
from telephony.numbers import PhoneNumber, parse
from tests.store.trade import NOON

SPRING = CampaignId("spring")


class Taken(NamedTuple):
    """A lead as it stands in the table."""

    number: PhoneNumber
    customer: str
    name: str
    zones: tuple[str, ...]
    priority: int
    due: float
    agent: str | None
    batch: str
    extra: dict[str, str]
    holder: str


class Intake:
    """Takes lists in."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.store: Store = store.open(url or f"sqlite:///{folder}/switchroom.db", durable=False)
        self.path = folder / "leads.csv"
        self.progress: list[tuple[int, int, int]] = []

    def take(self, content: str | bytes, region: str = "CN", **wishes: Any) -> IntakeReport:
        self.path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.take_file(self.path, region=region, **wishes)

    def take_file(self, path: Path, *, now: float = NOON, **wishes: Any) -> IntakeReport:
        order = Order(
            **{"path": path, "campaign": SPRING, "author": "lee", "region": "CN", "zone": "Asia/Shanghai", **wishes}
        )
        return take_in(self.store, order, now=lambda: now, progress=lambda *step: self.progress.append(step))

    def clear(self) -> None:
        with self.store.writing.begin() as connection:
            for table in (leads, batches, batch_rejects):
                connection.execute(table.delete())

    @property
    def leads(self) -> list[Taken]:
        with self.store.reading.begin() as connection:
            rows = connection.execute(select(leads).order_by(leads.c.id)).all()
        seal = self.store.seal
        return [
            Taken(
                seal.number(row.number, row.number_key),
                row.customer,
                seal.opened(NAME, row.name, row.number_key),
                tuple(row.zones.split(",")),
                row.priority,
                row.due,
                row.agent,
                row.batch,
                json.loads(seal.opened(EXTRA, row.extra, row.number_key) or "{}"),
                row.holder,
            )
            for row in rows
        ]

    def told(self, batch: str) -> list[LeftOut]:
        return list(rejects_of(self.store, batch))

    def rejects(self, batch: str) -> list[tuple[int, str, str]]:
        return [(each.row, each.code, each.value) for each in rejects_of(self.store, batch)]


def numbers(*texts: str) -> list[PhoneNumber]:
    return [parse(text, "CN") for text in texts]


def balanced(report: IntakeReport) -> bool:
    return report.rows == report.added + sum(report.duplicates.values()) + sum(report.rejected.values())
