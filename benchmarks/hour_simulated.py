"""The predictive hour on the simulated exchange, in virtual time: its far end counts for itself, and so does our journal."""

import contextlib
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import store
from benchmarks.carrier_note import CUSTOMER, PBX, Note
from benchmarks.floor import CAMPAIGN, store_url
from benchmarks.hour_books import compare, numbers_of
from benchmarks.hour_floor import ODDS, PATIENCE_S, Hour, habits
from benchmarks.hour_journal import read_journal, utilisation
from benchmarks.hour_result import Found, result
from benchmarks.result import Result
from simulator.dialplan import ABANDONED
from simulator.exchange import VirtualExchange
from simulator.legs import Leg
from simulator.scenario import Line, Scenario
from switchroom.shift import run as play_shift

BEGINS = datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=8)))

QUICKER = 0.5
"""The real hour's detection knows people after 0.7 s and machines after 1.1; the simulated one takes 0.9 to 1.5 and 2 to 3."""


class NotingExchange(VirtualExchange):
    """A simulated PBX whose customers note what they hear; what the product is told has no part in it."""

    made: list["NotingExchange"]

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.notes: dict[str, Note] = {}
        self.made.append(self)

    def _plug_in(self, leg: Leg, name: str) -> None:
        if leg.is_customer:
            leg.fate.amd_s *= QUICKER
            machine = leg.fate.amd == "MACHINE"
            self.notes[leg.id] = Note(number=leg.digits, invited_at=self._now, machine=machine)
        super()._plug_in(leg, name)

    def _answers(self, leg: Leg) -> None:
        if leg.is_customer and not leg.gone:
            self.notes[leg.id].answered_at = self._now
        super()._answers(leg)

    def _first_word(self, customer: Leg) -> None:
        note = self.notes[customer.id]
        note.agent_at = note.agent_at or self._now
        super()._first_word(customer)

    def _enter(self, leg: Leg, context: str, exten: str) -> None:
        if context == ABANDONED and not leg.gone:
            self.notes[leg.id].message_at = self._now
        super()._enter(leg, context, exten)

    def _far_end_gone(self, leg: Leg) -> None:
        if leg.is_customer:
            self.notes[leg.id].ended_by = CUSTOMER
        super()._far_end_gone(leg)

    def _gone(self, leg: Leg, cause: int, tech_cause: int | None = None) -> None:
        if leg.is_customer:
            note = self.notes[leg.id]
            note.ended_at, note.ended_by = self._now, note.ended_by or PBX
        super()._gone(leg, cause, tech_cause)


def play(hour: Hour, folder: Path) -> Found:
    """Play it in virtual time and lay the books side by side; `folder` keeps the database."""
    made: list[NotingExchange] = []
    kind = type("NotingExchange", (NotingExchange,), {"made": made})
    world = Scenario(
        title={"en": "Predictive hour", "zh": "预测式外呼一小时"},
        seed=hour.seed,
        start=BEGINS,
        hours=hour.minutes / 60,
        agents=hour.agents,
        ring_each_call=hour.ringing / hour.agents,
        campaign=[Line(name=CAMPAIGN, mode="predictive", amd=hour.amd, target_abandon=hour.target)],
        odds=ODDS,
        people=habits(hour),
    )
    spent = time.process_time()
    summary = play_shift(world, hours=world.hours, out=folder, kind=kind)
    notes = [note for exchange in made for note in exchange.notes.values()]
    journal = read_journal(folder / "switchroom.db")
    with contextlib.closing(store.open(store_url(folder))) as opened:
        numbers = numbers_of(opened, CAMPAIGN)
    comparison, pairs = compare(notes, journal.calls.values(), numbers, PATIENCE_S)
    connected, abandoned = int(str(summary["connected"])), int(str(summary["abandoned"]))
    began = world.starts_at
    served = [(note, told) for note, told in pairs if note.agent_at is not None and not note.machine]
    return Found(
        hour=hour,
        comparison=comparison,
        answer_to_agent_s=[(note.agent_at or 0.0) - (note.answered_at or 0.0) for note, _ in served],
        parked_to_agent_s=[
            (note.agent_at or 0.0) - told.waiting_at
            for note, told in served
            if told.waiting_at is not None and not told.queued
        ],
        utilisation=utilisation(journal, began, began + 60.0 * hour.minutes),
        connected=connected,
        abandoned=abandoned,
        rate=abandoned / max(1, connected + abandoned),
        journal=journal,
        cpu={"all of it": time.process_time() - spent},
    )


def run(minutes: float = 60.0) -> Result:
    """An hour of virtual time; about ten seconds."""
    with tempfile.TemporaryDirectory(prefix="switchroom-hour-") as folder:
        return result("hour_simulated", play(Hour(minutes=minutes), Path(folder)))
