"""Agents' time as the desk asks for it: spells from the store, reasons from the settings, plans from the roster."""

import asyncio
from collections.abc import Sequence
from itertools import groupby

import msgspec

from acd.roster import Roster
from acd.worktime import Spell, Worktime, worktime
from config.model import ServerSettings
from desk.worktime_ports import ReasonRow
from store.opening import Store
from store.spells import spells


class Worktimes:
    """``desk.worktime_ports.WorktimeBooks`` over the store."""

    def __init__(self, store: Store, server: ServerSettings, roster: Roster) -> None:
        self._store = store
        self._server = server
        self._roster = roster

    def reasons(self) -> Sequence[ReasonRow]:
        return [
            ReasonRow(name=name, title=one.title, title_en=one.title_en, productive=one.productive, limit_s=one.limit_s)
            for name, one in self._server.floor.reasons.items()
        ]

    async def history(self, *, agent: str, since: float, until: float) -> Sequence[Spell]:
        return await asyncio.to_thread(self._spells, agent, since, until)

    async def worktimes(self, *, agent: str | None, since: float, until: float) -> Sequence[Worktime]:
        return await asyncio.to_thread(self._worktimes, agent, since, until)

    def _spells(self, agent: str | None, since: float, until: float) -> list[Spell]:
        found = spells(self._store, since=since, until=until, agent=agent)
        return [Spell(**msgspec.structs.asdict(row)) for row in found]

    def _worktimes(self, agent: str | None, since: float, until: float) -> list[Worktime]:
        mine = [one.id for one in self._server.agent if agent in (None, one.id)]
        by = {name: list(rows) for name, rows in groupby(self._spells(agent, since, until), lambda row: row.agent)}
        reason_of, planned = self._server.floor.reason_of, self._roster.planned
        return [worktime(name, by.get(name, ()), reason_of, planned(name, since, until), since, until) for name in mine]
