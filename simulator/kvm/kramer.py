"""A simulated Kramer matrix that speaks Protocol 3000."""

import re

from simulator.kvm.device import Client, Device
from simulator.kvm.misbehaviour import Luck

_ROUTE = re.compile(r"^VID (\d+)>(\d+)$")


class SimulatedKramer(Device):
    """Inputs and outputs from 1; `busy` how many routes it will not look at; `password` what LOGIN must give."""

    def __init__(self, inputs: int = 8, outputs: int = 8, *, luck: Luck | None = None, password: str = "") -> None:
        super().__init__(luck)
        self.inputs, self.outputs = inputs, outputs
        self.shown = {n: (n - 1) % inputs + 1 for n in range(1, outputs + 1)}
        self.password = password
        self.busy = 0
        self._known: set[Client] = set()

    def greet(self, client: Client) -> None:
        client.rest = b""

    def hear(self, client: Client, data: bytes) -> None:
        *lines, client.rest = (client.rest + data).split(b"\r")
        for line in lines:
            said = line.decode("ascii", "replace").strip("\n").removeprefix("#")
            if said.startswith("LOGIN "):
                right = said.partition(",")[2] == self.password
                if right:
                    self._known.add(client)
                client.say(b"~01@LOGIN OK\r\n" if right else b"~01@LOGIN ERR 004\r\n")
            elif self.password and client not in self._known:
                client.say(b"~01@ERR 004\r\n")
            else:
                self._do(client, said)

    def by_hand(self, output: int, source: int) -> None:
        """Somebody presses the buttons of the front panel."""
        self.shown[output] = source
        self.tell(f"~01@VID {source}>{output}\r\n".encode())

    def babble(self) -> bytes:
        return b"8>8\r\n"

    def _do(self, client: Client, said: str) -> None:
        if not said:
            client.say(b"~01@ OK\r\n")
        elif said == "MODEL?":
            client.say(b"~01@MODEL VS-88 simulated\r\n")
        elif said == "VID? *":
            routes = ",".join(f"{source}>{output}" for output, source in sorted(self.shown.items()))
            client.say(f"~01@VID {routes}\r\n".encode())
        elif (found := _ROUTE.match(said)) is not None:
            self._route(client, int(found[1]), int(found[2]))
        else:
            client.say(b"~01@ERR 002\r\n")

    def _route(self, client: Client, source: int, output: int) -> None:
        if self.busy:
            self.busy -= 1
            client.say(b"~01@VID ERR 006\r\n")
        elif output not in self.shown or not 0 <= source <= self.inputs or self.luck.strikes("refused"):
            client.say(b"~01@VID ERR 003\r\n")
        else:
            self.shown[output] = source
            if not self.luck.strikes("lost_replies"):
                self.tell(f"~01@VID {source}>{output}\r\n".encode())
            if self.luck.strikes("foreign"):
                self.by_hand(self.luck.rng.randint(1, self.outputs), self.luck.rng.randint(1, self.inputs))
            client.ends = client.ends or self.luck.strikes("hangs_up")
