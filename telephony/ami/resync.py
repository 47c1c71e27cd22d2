"""Assembling the rows of CoreShowChannels into one snapshot that agrees with the events read meanwhile; pure."""

from collections.abc import Iterable

import msgspec

from telephony.ami.headers import Message, leg_seen
from telephony.events import (
    BridgeEntered,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegRinging,
    LegSeen,
    PbxEvent,
    PbxSnapshot,
)
from telephony.ids import LegId, ServerId

MOST_ROWS = 20_000


class Resync:
    """One snapshot in the making: legs born since it was asked for are in it, legs ended since are not."""

    def __init__(self, server: ServerId) -> None:
        self._server = server
        self._gone: set[LegId] = set()
        self._since: dict[LegId, list[PbxEvent]] = {}
        self.overflowed = False

    def see(self, event: PbxEvent) -> None:
        """Take note of an event read while the rows are coming."""
        match event:
            case LegEnded(leg=leg):
                self._gone.add(leg)
                self._since.pop(leg, None)
            case LegCreated(leg=leg) | LegAnswered(leg=leg) | LegRinging(leg=leg) | BridgeEntered(leg=leg):
                self._since.setdefault(leg, []).append(event)
        if len(self._gone) + len(self._since) > MOST_ROWS:
            self.overflowed = True
            self._gone.clear()
            self._since.clear()

    def assemble(self, rows: Iterable[Message]) -> PbxSnapshot:
        """The snapshot out of all rows; a row without a leg is passed over."""
        seen = {row.leg: row for message in rows if (row := leg_seen(message)) is not None}
        for leg, events in self._since.items():
            for event in events:
                match event:
                    case LegCreated(leg=leg, linked=linked, channel=channel):
                        if leg not in seen:
                            seen[leg] = LegSeen(
                                leg=leg, linked=linked, channel=channel, up=False, ringing=False, bridge=None
                            )
                    case LegRinging() if leg in seen and not seen[leg].up:
                        seen[leg] = msgspec.structs.replace(seen[leg], ringing=True)
                    case LegAnswered() if leg in seen:
                        seen[leg] = msgspec.structs.replace(seen[leg], up=True, ringing=False)
                    case BridgeEntered(bridge=bridge) if leg in seen:
                        seen[leg] = msgspec.structs.replace(seen[leg], bridge=bridge)
        for leg in self._gone:
            seen.pop(leg, None)
        return PbxSnapshot(server=self._server, legs=tuple(seen.values()))
