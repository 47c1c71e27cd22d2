"""Who waits in which queue, watched from outside: nobody is served before an equal who came earlier."""

from bisect import bisect_left, insort

from telephony.ids import CallId

Place = tuple[str, str]
"""A queue and the PBX its callers are on."""


class Lines:
    """Callers waiting by queue and PBX, in the order in which they came."""

    def __init__(self) -> None:
        self._came: dict[CallId, float] = {}
        self._lines: dict[Place, list[tuple[float, CallId]]] = {}
        self._where: dict[CallId, Place] = {}
        self._served: list[tuple[CallId, Place]] = []

    def arrives(self, call: CallId, came: float) -> None:
        self._came[call] = came

    def waits(self, call: CallId, queue: str, server: str) -> None:
        """He stands in that queue from now on, and in no other."""
        self.leaves(call)
        self._where[call] = place = (queue, server)
        insort(self._lines.setdefault(place, []), (self._came.get(call, 0.0), call))

    def served(self, call: CallId) -> None:
        """An agent is reserved for him; whether it was his turn is asked when all that was decided at once is told."""
        if (place := self._where.get(call)) is not None:
            self._served.append((call, place))
            self.leaves(call)

    def leaves(self, call: CallId) -> None:
        if (place := self._where.pop(call, None)) is not None:
            line = self._lines[place]
            del line[bisect_left(line, (self._came.get(call, 0.0), call))]

    def ends(self, call: CallId) -> None:
        self.leaves(call)
        self._came.pop(call, None)

    def out_of_turn(self) -> list[CallId]:
        """Of those served since this was last asked: before whom somebody still waits who came earlier."""
        if not self._served:
            return []
        served, self._served = self._served, []
        return [
            call
            for call, place in served
            if (line := self._lines.get(place)) and line[0][0] < self._came.get(call, line[0][0])
        ]
