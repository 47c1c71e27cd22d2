"""The dialler's books: every call it placed that has not ended, by campaign and PBX; each event costs O(1)."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from dialer.level import USUAL
from dialer.odds import Traits
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, ServerId, TrunkId
from telephony.leads import OpenCall
from telephony.numbers import PhoneNumber


class Stage(StrEnum):
    DIALLING = "dialling"
    RINGING = "ringing"
    ANSWERED = "answered"
    WAITING = "waiting"
    OFFERED = "offered"
    TALKING = "talking"
    ENDING = "ending"


WAITING = Stage.WAITING
PENDING = frozenset({Stage.DIALLING, Stage.RINGING, Stage.ANSWERED})
CANCELLABLE = frozenset({Stage.DIALLING, Stage.RINGING})


class Flight(msgspec.Struct, kw_only=True, gc=False):
    """One call from placing to its end. `attempts` counts this one; `dedicated` to the one agent it was dialled for."""

    call: CallId
    campaign: CampaignId
    lead: LeadId
    customer: CustomerId
    number_key: int
    trunk: TrunkId
    server: ServerId
    agent: AgentId | None
    attempts: int
    placed_at: float
    stage: Stage = Stage.DIALLING
    accepted: bool = False
    heard: bool = False
    heard_at: float | None = None
    counted: bool = False
    talked: bool = False
    cancelled: bool = False
    listened: bool = False
    """A detector of answering machines hears it first."""
    sampled: bool = False
    """Taken for a machine and offered to an agent all the same: abandon contracts count it as the machine it was taken for."""
    answered_at: float = 0.0
    callback_at: float | None = None
    promised_by: AgentId | None = None
    number: PhoneNumber | None = None
    told: float = USUAL
    """What was told of its lead when it was dialled (`dialer.odds`), from these traits."""
    traits: Traits = ()
    asked_for: bool = False
    """The customer has asked for the call: what becomes of it is not the campaign's retry rules' to say."""


def taken_over(call: OpenCall) -> Flight:
    """The flight of a call placed before the process began."""
    connected, answered = call.connected_at is not None, call.answered_at is not None
    return Flight(
        call=call.call,
        campaign=call.campaign,
        lead=call.lead,
        customer=call.customer,
        number_key=call.number_key,
        trunk=call.trunk,
        server=call.server,
        agent=call.agent,
        attempts=call.attempts,
        placed_at=call.placed_at,
        stage=Stage.TALKING if connected else Stage.WAITING if answered else Stage.DIALLING,
        accepted=True,
        heard=answered,
        heard_at=call.heard_at,
        counted=connected or call.abandoned,
        talked=connected,
        callback_at=call.callback_at,
        promised_by=call.agent if call.callback_at is not None else None,
        number=call.number,
    )


class Cell:
    """The calls of one campaign on one PBX. `pending` holds when each call for any agent was placed, until the
    customer waits; `listened` when those of them were answered that a detector of answering machines is listening to.
    Calls dialled for one agent are in the stages only."""

    def __init__(self) -> None:
        self.pending: dict[CallId, float] = {}
        self.told: dict[CallId, float] = {}
        """What is told of the leads of the pending calls, in their order."""
        self.listened: dict[CallId, float] = {}
        self.waiting = 0
        self.stages = dict.fromkeys(Stage, 0)


class Books:
    """All calls in flight."""

    def __init__(self) -> None:
        self.flights: dict[CallId, Flight] = {}
        self._cells: dict[CampaignId, dict[ServerId, Cell]] = {}
        self.dedicated: dict[AgentId, CallId] = {}
        """Agents a call is out for that only they may take, and that call."""

    def cell(self, campaign: CampaignId, server: ServerId) -> Cell:
        cells = self._cells.setdefault(campaign, {})
        cell = cells.get(server)
        if cell is None:
            cell = cells[server] = Cell()
        return cell

    def unserved(self, campaign: CampaignId, server: ServerId) -> int:
        """Calls of the campaign on that PBX that may still ask for any of its agents."""
        cell = self._cells.get(campaign, {}).get(server)
        return len(cell.pending) + cell.waiting if cell is not None else 0

    def of(self, campaign: CampaignId) -> Iterator[Flight]:
        """The campaign's calls."""
        return (flight for flight in self.flights.values() if flight.campaign == campaign)

    def stages(self, campaign: CampaignId) -> dict[Stage, int]:
        """How many calls of the campaign are in each stage, on all PBXs."""
        found = dict.fromkeys(Stage, 0)
        for cell in self._cells.get(campaign, {}).values():
            for stage, count in cell.stages.items():
                found[stage] += count
        return found

    def in_flight(self, campaign: CampaignId) -> int:
        return sum(self.stages(campaign).values())

    def open(self, flight: Flight) -> None:
        """Enter a call in the stage it has."""
        self.flights[flight.call] = flight
        if flight.agent is not None:
            self.dedicated[flight.agent] = flight.call
        self._enter(flight, self.cell(flight.campaign, flight.server))

    def move(self, flight: Flight, stage: Stage) -> None:
        """A call reached another stage."""
        cell, was = self._cells[flight.campaign][flight.server], flight.stage
        cell.stages[was] -= 1
        cell.stages[stage] += 1
        flight.stage = stage
        if flight.agent is not None or flight.cancelled:
            return
        if was is WAITING:
            cell.waiting -= 1
        elif was in PENDING and stage not in PENDING:
            del cell.pending[flight.call], cell.told[flight.call]
            cell.listened.pop(flight.call, None)
        if stage is WAITING:
            cell.waiting += 1
        elif stage in PENDING and was not in PENDING:
            cell.pending[flight.call], cell.told[flight.call] = flight.placed_at, flight.told
        if stage is Stage.ANSWERED and flight.listened:
            cell.listened[flight.call] = flight.answered_at

    def close(self, call: CallId) -> Flight | None:
        """Strike a call out; None when it is not in the books."""
        flight = self.flights.pop(call, None)
        if flight is not None:
            self._leave(flight, self.cell(flight.campaign, flight.server))
            if flight.agent is not None and self.dedicated.get(flight.agent) == call:
                del self.dedicated[flight.agent]
        return flight

    def _enter(self, flight: Flight, cell: Cell) -> None:
        stage = flight.stage
        cell.stages[stage] += 1
        if flight.agent is None and not flight.cancelled:
            if stage is Stage.WAITING:
                cell.waiting += 1
            elif stage in PENDING:
                cell.pending[flight.call], cell.told[flight.call] = flight.placed_at, flight.told

    def _leave(self, flight: Flight, cell: Cell) -> None:
        stage = flight.stage
        cell.stages[stage] -= 1
        if flight.agent is None and not flight.cancelled:
            if stage is Stage.WAITING:
                cell.waiting -= 1
            elif stage in PENDING:
                del cell.pending[flight.call], cell.told[flight.call]
                cell.listened.pop(flight.call, None)

    def cancel(self, flight: Flight) -> None:
        """The call was told to hang up: no agent is kept for it any more."""
        cell = self.cell(flight.campaign, flight.server)
        self._leave(flight, cell)
        flight.cancelled = True
        self._enter(flight, cell)
