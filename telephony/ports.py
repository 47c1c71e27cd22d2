"""What the switchboard needs from the world, as Protocols; app.py hands in the real thing, tests a verified fake."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, Protocol

from telephony.agents import Ask, Refused
from telephony.commands import FetchLeads, PbxCommand
from telephony.events import PbxEvent
from telephony.facts import Fact
from telephony.ids import ServerId
from telephony.leads import LeadsFetched
from telephony.views import FloorView


class Clock(Protocol):
    """Seconds since the epoch, UTC; never goes backwards within a process."""

    def now(self) -> float: ...


class Exchange(Protocol):
    """One PBX. `perform` never blocks and never raises for what the PBX may refuse: results come back as events."""

    @property
    def server(self) -> ServerId: ...

    def perform(self, command: PbxCommand) -> None: ...

    def subscribe(self, on_event: Callable[[PbxEvent], None]) -> None:
        """Have every event delivered, in order; called once."""
        ...


class Ledger(Protocol):
    """The durable side: facts become journal rows and table rows in one transaction."""

    def submit(self, facts: Sequence[Fact], now: float, on_durable: Callable[[], None] | None = None) -> None:
        """Queue facts for the next commit; `on_durable` runs in the caller's thread once they are on disk.

        Order of submission is order in the journal. While the store is out of service facts are kept and written
        when it is back."""
        ...

    @property
    def healthy(self) -> bool:
        """False while commits fail: dialling stops, calls go on."""
        ...


class LeadSource(Protocol):
    def fetch(self, command: FetchLeads, now: float, deliver: Callable[[LeadsFetched], None]) -> None:
        """Deliver dialable leads (due, not closed, not in a call), best first; never the same lead twice until it
        has been rested by a LeadRested fact or an attempt's end."""
        ...


class Floor(Protocol):
    """The running floor as the desk and the command line see it."""

    def view(self) -> FloorView: ...

    def ask(self, ask: Ask) -> Refused | None:
        """Put a person's wish to the engines at once; None when granted, else why not."""
        ...

    def watch(self, on_facts: Callable[[float, Sequence[Fact]], None]) -> Callable[[], None]:
        """Have every fact delivered with its instant, in order; returns the way to stop. The watcher must not block."""
        ...


class AgentSupply(Protocol):
    """What the dialler may know of agents: counts by what they do, for one campaign on one PBX."""

    def counts(self, campaign: str, server: str) -> "SupplyCounts": ...

    def leaving(self, campaign: str, server: str, before: float) -> "Departures":
        """Of those counted, who takes no further call from an instant before that one on."""
        ...

    def wrap_ends(self, campaign: str, server: str) -> Sequence[float]:
        """When the wrap-up of each agent counted as wrapping ends at the latest."""
        ...

    def busy_since(self, campaign: str, server: str) -> "BusySince":
        """Since when agents talk to this campaign's customers, and wrap up after them."""
        ...

    def wrap_up_s(self, campaign: str) -> float:
        """How long a wrap-up after this campaign's calls lasts at most, in seconds."""
        ...

    def withheld(self, campaign: str, server: str) -> str:
        """Why agents who serve callers too are not counted now, as a code; empty when they are, or there is none."""
        ...

    def may_take(self, agent: str, campaign: str) -> bool:
        """Whether the agent is signed in, serves the campaign and is free for a call of his own choosing."""
        ...


class SupplyCounts(Protocol):
    @property
    def free(self) -> int: ...
    @property
    def reserved(self) -> int: ...
    @property
    def talking(self) -> int: ...
    @property
    def wrapping(self) -> int: ...
    @property
    def signed_in(self) -> int:
        """Signed in and not AUX: free + reserved + ringing + talking + hold + wrap-up."""
        ...


class BusySince(NamedTuple):
    """Instants (epoch seconds) at which the conversations and the wrap-ups under way began."""

    talks: Collection[float] = ()
    wraps: Collection[float] = ()


class Departures(NamedTuple):
    """From when on agents take no further call (epoch seconds), by what they do now; `talking` is busy otherwise than
    in wrap-up, and whoever is busy finishes what he does."""

    free: Sequence[float] = ()
    talking: Sequence[float] = ()
    wrapping: Sequence[float] = ()

    def __bool__(self) -> bool:
        return bool(self.free or self.talking or self.wrapping)


NO_DEPARTURES = Departures()
NOBODY_BUSY = BusySince()
