"""Driver of Kramer matrices over Protocol 3000: ``#VID 3>5`` and ``~01@VID 3>5`` lines on port 5000.

A reply and the news of a change by somebody at the front panel look alike, so a line that reports a route is a report and
only one that names exactly what is out is its answer as well. Error 6 is "busy": the box has not looked at it.
"""

import re
from collections.abc import Mapping

from kvmctl.drivers.lines import Lines, number
from kvmctl.drivers.waiting import Sent, Waiting, What
from kvmctl.ports import (
    NOTHING,
    Acked,
    Busy,
    Channel,
    Command,
    DriverKind,
    Dumped,
    Event,
    Garbage,
    HangUp,
    Heard,
    Introduced,
    LogInRefused,
    Option,
    OptionValue,
    Outward,
    Point,
    PointReported,
    Port,
    PortSeen,
    Received,
    Refresh,
    Refused,
    Side,
    Switch,
    Traits,
    Turn,
    Why,
)

REPLY_S, ALIVE_S = 2.0, 20.0
MOST_PORTS = 256
_LINE = re.compile(r"^~\d{1,2}@(?:([A-Z0-9_-]+\??) ?)?(.*)$")
_PAIR = re.compile(r"^\s*(\d{1,3})\s*>\s*(\d{1,3})\s*$")
_ERROR = re.compile(r"(?:^|\s)ERR\s*(\d{1,3})\b")
BUSY, DENIED = 6, 4
WHY = {2: Why.UNSUPPORTED, 3: Why.NO_PORT, 4: Why.NOT_ALLOWED, 15: Why.UNSUPPORTED}


class Kramer:
    """One connection to a matrix."""

    def __init__(self, options: Mapping[str, OptionValue]) -> None:
        self._inputs, self._outputs = int(str(options["inputs"])), int(str(options["outputs"]))
        self._off = int(str(options["off_input"]))
        self._log_in = (str(options["user"]), str(options["password"]))
        self.traits = Traits(channels=(Channel.VIDEO,), batch=1, deadline_s=REPLY_S + 0.5, tick_s=0.5)
        self._lines = Lines(b"\n", longest=4096)
        self._waiting = Waiting(REPLY_S)
        self._forget(0.0)

    def _forget(self, now: float) -> None:
        self._lines.clear()
        self._waiting.clear()
        self._shown: dict[int, int] = {}
        self._asked = now

    def connect(self, now: float) -> Turn:
        self._forget(now)
        user, password = self._log_in
        first = [Sent(what=What.LOG_IN, data=f"#LOGIN {user},{password}\r".encode())] if user else []
        first += [Sent(what=What.ALIVE, data=b"#MODEL?\r"), *self._dump_asked()]
        return Turn(self._waiting.send(first, now))

    def feed(self, heard: Heard, now: float) -> Turn:
        if not isinstance(heard, Received):
            return NOTHING
        send: list[Outward] = []
        events: list[Event] = []
        lines, dropped = self._lines.feed(heard.data)
        if dropped:
            events.append(Garbage(size=dropped, where="line"))
        for raw in lines:
            line = raw.decode("ascii", "replace").strip()
            if line:
                self._line(line, now, send, events)
        return Turn(tuple(send), tuple(events))

    def encode(self, command: Command, now: float) -> Turn:
        match command:
            case Refresh():
                return (
                    NOTHING if self._waiting.asks(What.REFRESH) else Turn(self._waiting.send(self._dump_asked(), now))
                )
            case Switch():
                return self._switch(command, now)
        return NOTHING

    def tick(self, now: float) -> Turn:
        if self._waiting.overdue(now):
            return Turn((HangUp(why="no reply"),))
        if now - self._asked < ALIVE_S:
            return NOTHING
        self._asked = now
        return Turn(self._waiting.send([Sent(what=What.ALIVE, data=b"#\r")], now))

    # what the matrix says

    def _line(self, line: str, now: float, send: list[Outward], events: list[Event]) -> None:
        found = _LINE.match(line)
        if found is None:
            events.append(Garbage(size=len(line), where="line"))
            return
        command, rest = (found[1] or "").rstrip("?"), found[2].strip()
        error = _ERROR.search(f"{command} {rest}")
        if error is not None:
            self._failed(int(error[1]), now, send, events)
        elif command == "VID":
            self._routes(rest.removesuffix("OK").strip(), now, send, events)
        elif command == "MODEL":
            events.append(Introduced(model=rest))
            self._done(What.ALIVE, now, send)
        elif command == "LOGIN":
            self._done(What.LOG_IN, now, send)
        elif command in ("OK", "") and (not rest or rest == "OK"):
            self._done(What.ALIVE, now, send)

    def _routes(self, said: str, now: float, send: list[Outward], events: list[Event]) -> None:
        pairs = [_PAIR.match(one) for one in said.split(",")]
        read = [(int(pair[1]), int(pair[2])) for pair in pairs if pair is not None]
        if len(read) != len(pairs) or any(not 1 <= output <= self._outputs for _, output in read):
            events.append(Garbage(size=len(said), where="routes"))
            return
        out = self._waiting.out
        self._shown |= {output: source for source, output in read}
        whole = out is not None and out.what is What.REFRESH and len(read) >= self._outputs
        if not whole and len(self._shown) >= self._outputs:
            events.extend(PointReported(point=self._point(output)) for _, output in read)
        if whole:
            send.extend(self._waiting.answered(now)[1])
            events.append(self._dump())
        elif out is not None and out.what is What.SWITCH and out.data == _route(*read[0]) and len(read) == 1:
            send.extend(self._waiting.answered(now)[1])
            events.append(Acked(ref=out.ref))

    def _failed(self, code: int, now: float, send: list[Outward], events: list[Event]) -> None:
        out = self._waiting.out
        if out is None:
            events.append(Garbage(size=3, where="reply"))
            return
        send.extend(self._waiting.answered(now)[1])
        if out.what is What.LOG_IN or (code == DENIED and out.what is What.REFRESH):
            events.append(LogInRefused(words=f"ERR {code:03d}"))
            send.append(HangUp(why="log-in refused"))
        elif out.what is What.REFRESH:
            send.append(HangUp(why=f"no dump: ERR {code:03d}"))
        elif out.what is What.SWITCH and code == BUSY:
            events.append(Busy(ref=out.ref))
        elif out.what is What.SWITCH:
            events.append(Refused(ref=out.ref, why=WHY.get(code, Why.FAILED), words=f"ERR {code:03d}"))

    def _done(self, what: What, now: float, send: list[Outward]) -> None:
        out = self._waiting.out
        if out is not None and out.what is what:
            send.extend(self._waiting.answered(now)[1])

    # what is shown

    def _dump(self) -> Dumped:
        ports = [PortSeen(side=Side.TX, port=Port(str(n))) for n in range(1, self._inputs + 1)]
        ports += [PortSeen(side=Side.RX, port=Port(str(n))) for n in range(1, self._outputs + 1)]
        return Dumped(points=tuple(self._point(output) for output in sorted(self._shown)), ports=tuple(ports))

    def _point(self, output: int) -> Point:
        source = self._shown[output]
        there = 1 <= source <= self._inputs and source != self._off
        return Point(Channel.VIDEO, Port(str(output)), Port(str(source)) if there else None)

    # what is asked of it

    @staticmethod
    def _dump_asked() -> list[Sent]:
        return [Sent(what=What.REFRESH, data=b"#VID? *\r")]

    def _switch(self, command: Switch, now: float) -> Turn:
        (route,) = command.routes
        point = next((one for one in route.points if one.channel is Channel.VIDEO), None)
        if point is None:
            return Turn((), (Acked(ref=command.ref),))
        output, source = number(point.rx), self._off if point.tx is None else number(point.tx)
        known = point.tx is None or (source is not None and 1 <= source <= self._inputs)
        if output is None or source is None or not 1 <= output <= self._outputs or not known:
            return Turn((), (Refused(ref=command.ref, why=Why.NO_PORT, receivers=(route.receiver,)),))
        sent = Sent(what=What.SWITCH, data=_route(source, output), ref=command.ref)
        return Turn(self._waiting.send([sent], now))


def _route(source: int, output: int) -> bytes:
    return f"#VID {source}>{output}\r".encode()


KIND = DriverKind(
    name="kramer",
    title="Kramer (Protocol 3000)",
    transport="tcp",
    port=5000,
    options=(
        Option(name="inputs", kind="whole", least=1, most=MOST_PORTS, about="How many inputs the matrix has."),
        Option(name="outputs", kind="whole", least=1, most=MOST_PORTS, about="How many outputs it has."),
        Option(
            name="off_input",
            kind="whole",
            default=0,
            least=0,
            most=MOST_PORTS + 1,
            about="The input that stands for nothing: 0, or one more than there are, by model.",
        ),
        Option(name="user", default="", about="Name to log in with, where the matrix asks for one."),
        Option(name="password", default="", secret=True, about="Its password."),
    ),
    make=Kramer,
)
