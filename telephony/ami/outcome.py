"""What became of a command: from the replies to its actions to the one event that says so."""

from collections.abc import Callable

from telephony.ami.faults import ActionRefused, AlreadyAsked, AmiFault, NoReply
from telephony.ami.session import Rows
from telephony.commands import (
    Audited,
    CallSupervisor,
    DialOutside,
    HangUp,
    Originate,
    PbxCommand,
    SeatAgent,
    SendHome,
    VisitRoom,
)
from telephony.events import ActionFailed, OriginateAccepted, OriginateLost, OriginateRefused, PbxEvent
from telephony.ids import LegId, call_leg

LONGEST_WHY = 200
_GRANTED = frozenset({"Success", "Follows", "Goodbye"})


def granted(rows: Rows) -> Rows:
    """The rows as they are; raises ActionRefused when the reply is not a success."""
    if rows[0].get("Response") not in _GRANTED:
        raise ActionRefused(rows[0].get("Message", "")[:LONGEST_WHY] or "refused without a word")
    return rows


class CommandOutcome:
    """The one result of a command carried out by several actions: its first failure, or the success of all."""

    __slots__ = ("_command", "_left", "_tell", "_told")

    def __init__(self, command: PbxCommand, actions: int, tell: Callable[[PbxEvent], None]) -> None:
        self._command = command
        self._left = actions
        self._tell = tell
        self._told = False

    def take(self, rows: Rows, fault: AmiFault | None) -> None:
        """One of the actions has ended."""
        self._left -= 1
        try:
            if fault is not None:
                raise fault
            granted(rows)
        except AmiFault as failed:
            self.fail(failed)
            return
        leg = originated(self._command)
        if self._left == 0 and not self._told and leg is not None:
            self._told = True
            self._tell(OriginateAccepted(server=self._command.server, leg=leg))

    def fail(self, fault: AmiFault) -> None:
        """The command has failed; only the first failure is told."""
        if not self._told:
            self._told = True
            self._tell(failure(self._command, fault))


def originated(command: PbxCommand) -> LegId | None:
    """The leg a command originates, if it does."""
    match command:
        case Originate(call=call):
            return call_leg(call)
        case SeatAgent(leg=leg) | DialOutside(leg=leg) | CallSupervisor(leg=leg):
            return leg
    return None


def failure(command: PbxCommand, fault: AmiFault) -> PbxEvent:
    """The event that says a command failed: lost when it may have been done all the same, else refused."""
    server, why = command.server, fault.why
    leg = originated(command)
    if leg is not None and not isinstance(fault, AlreadyAsked):
        if isinstance(fault, NoReply):
            return OriginateLost(server=server, leg=leg, why=why)
        return OriginateRefused(server=server, leg=leg, why=why)
    if isinstance(command, HangUp | VisitRoom | SendHome | Audited):
        leg = command.leg
    elif (call := getattr(command, "call", None)) is not None:
        leg = call_leg(call)
    return ActionFailed(server=server, leg=leg, what=type(command).__name__, why=why)
