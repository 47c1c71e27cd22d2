"""The smallest things a switchboard, an outbox and a core can be tried with; mypy holds them to their Protocols."""

from collections.abc import Callable, Iterable, Sequence

from telephony.commands import Command, FetchLeads, Originate, PbxCommand
from telephony.events import PbxEvent
from telephony.facts import AttemptPlaced, Fact
from telephony.ids import CallId, CampaignId, CustomerId, LeadId, ServerId, TrunkId
from telephony.leads import LeadsFetched
from telephony.numbers import PhoneNumber
from telephony.ports import Exchange, LeadSource, Ledger

PBX = ServerId("pbx1")


def originate(call: str, server: ServerId = PBX) -> Originate:
    return Originate(
        server=server,
        call=CallId(call),
        campaign=CampaignId("spring"),
        number=PhoneNumber("+8613800138000"),
        trunk=TrunkId("gw"),
        dial="PJSIP/{digits}@gw",
        caller_id="",
        ring_s=25.0,
    )


def placed(call: str) -> AttemptPlaced:
    return AttemptPlaced(
        call=CallId(call),
        campaign=CampaignId("spring"),
        lead=LeadId(1),
        customer=CustomerId("k1"),
        number_key=7,
        trunk=TrunkId("gw"),
        server=PBX,
        caller_id="",
        mode="progressive",
    )


class Disk:
    """A ledger whose commits happen when a test says so."""

    def __init__(self) -> None:
        self.written: list[Fact] = []
        self._waiting: list[tuple[Sequence[Fact], Callable[[], None] | None]] = []

    def submit(self, facts: Sequence[Fact], now: float, on_durable: Callable[[], None] | None = None) -> None:
        self._waiting.append((facts, on_durable))

    @property
    def healthy(self) -> bool:
        return True

    @property
    def submitted(self) -> list[Fact]:
        return self.written + [fact for facts, _ in self._waiting for fact in facts]

    def commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        for facts, on_durable in waiting:
            self.written.extend(facts)
            if on_durable is not None:
                on_durable()


class Pbx:
    """An exchange that notes what it is told."""

    def __init__(self, server: ServerId = PBX) -> None:
        self._server = server
        self.told: list[PbxCommand] = []
        self.listener: Callable[[PbxEvent], None] = lambda _: None

    @property
    def server(self) -> ServerId:
        return self._server

    def perform(self, command: PbxCommand) -> None:
        self.told.append(command)

    def subscribe(self, on_event: Callable[[PbxEvent], None]) -> None:
        self.listener = on_event


class NoLeads:
    """A lead source with an empty shelf, which answers at once."""

    def fetch(self, command: FetchLeads, now: float, deliver: Callable[[LeadsFetched], None]) -> None:
        deliver(LeadsFetched(campaign=command.campaign, leads=(), limit=command.limit))


class Part:
    """A part that answers each kind of event as it is told to, and notes what it heard."""

    def __init__(
        self, answers: dict[type, Callable[[], Iterable[Fact | Command]]], log: list[str] | None = None
    ) -> None:
        self.hears = frozenset(answers)
        self.heard: list[object] = []
        self._answers = answers
        self._log = log if log is not None else []
        self.name = ""

    def called(self, name: str) -> "Part":
        self.name = name
        return self

    def on(self, event: object, now: float) -> Iterable[Fact | Command]:
        self.heard.append(event)
        self._log.append(self.name)
        return self._answers[type(event)]()


_DISK: Ledger = Disk()
_PBX: Exchange = Pbx()
_NO_LEADS: LeadSource = NoLeads()
