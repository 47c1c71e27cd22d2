"""The store's word on live calls for the desk: a call's time line, and who was on which call."""

import asyncio
from collections.abc import Sequence

import msgspec

from desk.call_ports import MarkRow, SupervisionRow
from store.ears import supervised
from store.marks import marks
from store.opening import Store


class CallWork:
    """``desk.call_ports.CallBooks`` over the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def marks(self, call: str) -> Sequence[MarkRow]:
        found = await asyncio.to_thread(marks, self._store, call)
        begun = next((at for at, kind, _ in found if kind == "RecordingStarted"), None)
        return [
            MarkRow(at=at, kind=kind, agent=agent, seconds=None if begun is None else max(0.0, at - begun))
            for at, kind, agent in found
        ]

    async def supervised(self, *, before: float | None, limit: int) -> Sequence[SupervisionRow]:
        lines = await asyncio.to_thread(supervised, self._store, limit=limit, before=before)
        return [msgspec.convert(msgspec.structs.asdict(line), SupervisionRow) for line in lines]
