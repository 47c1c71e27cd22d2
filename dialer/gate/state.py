"""What is known in memory of all campaigns: the do-not-call list, calls in progress, calls placed of late, abandoned ones.

Reserving is part of dialling: what is counted here binds every campaign at once, before the attempt is durable and until
the store tells of it with a fresh lead.
"""

from dialer.donotcall.bars import Bars
from dialer.gate.calls import Calls
from telephony.ids import CallId, CustomerId
from telephony.leads import Contact
from telephony.outcomes import Outcome

REMEMBERED_S = 2 * 3600.0
"""At least so long a call placed is known in memory: longer than a lead is held before it is fetched afresh."""


class GateState:
    """Asked at every decision, told of every call."""

    def __init__(self, bars: Bars | None = None) -> None:
        self.bars = Bars() if bars is None else bars
        self.in_call: set[int | CustomerId] = set()
        self.calls = Calls()
        self.abandoned: dict[int | CustomerId, float] = {}
        self._turned = 0.0

    def reserve(self, contact: Contact) -> None:
        """Count a call that is placed now, or was found in progress at the start, and hold customer and number until it
        has ended."""
        if contact.at - self._turned > REMEMBERED_S:
            self._turn(contact.at)
        self.calls.enter(contact)
        if contact.number_key:
            self.in_call.add(contact.number_key)
        if contact.customer:
            self.in_call.add(contact.customer)

    def answered(self, call: CallId) -> None:
        self.calls.reached(call, connected=False)

    def connected(self, call: CallId) -> None:
        self.calls.reached(call, connected=True)

    def ended(self, call: CallId, customer: CustomerId, number_key: int, outcome: str) -> None:
        """The call is over: customer and number are free, and it counts as what it was."""
        self.calls.ended(call, outcome)
        self.in_call.discard(number_key)
        self.in_call.discard(customer)

    def withdraw(self, call: CallId, customer: CustomerId, number_key: int) -> None:
        """A call reserved never left: it counts under no rule."""
        self.ended(call, customer, number_key, Outcome.REFUSED.value)

    def left_waiting(self, customer: CustomerId, number_key: int, now: float) -> None:
        """The customer found no agent in time: his rest begins."""
        for key in (customer, number_key):
            if key:
                self.abandoned[key] = now

    def _turn(self, now: float) -> None:
        self._turned = now
        self.calls.turn()
        self.abandoned = {key: at for key, at in self.abandoned.items() if at > now - REMEMBERED_S}
