"""A simulated Lightware matrix that speaks LW3."""

import re

from simulator.kvm.device import Client, Device
from simulator.kvm.misbehaviour import Luck

NODE = "/MEDIA/VIDEO/XP"
_LINE = re.compile(r"^([0-9A-Za-z]{4})#(\w+) (.*)$")


class SimulatedLightware(Device):
    """So many inputs I1… and outputs O1…; whoever opened the node is told of changes."""

    def __init__(self, inputs: int = 16, outputs: int = 16, *, luck: Luck | None = None) -> None:
        super().__init__(luck)
        self.inputs, self.outputs = inputs, outputs
        self.shown = [f"I{n % inputs + 1}" for n in range(outputs)]
        self.locked: set[int] = set()
        self.opened: list[Client] = []
        self._changed = False

    def greet(self, client: Client) -> None:
        client.rest = b""

    def leave(self, client: Client) -> None:
        super().leave(client)
        if client in self.opened:
            self.opened.remove(client)

    def hear(self, client: Client, data: bytes) -> None:
        *lines, client.rest = (client.rest + data).split(b"\r\n")
        for line in lines:
            found = _LINE.match(line.decode("ascii", "replace"))
            if found is None:
                client.say(b"-E %E001:Syntax error\r\n")
                continue
            said = self._do(client, found[2], found[3])
            if said is not None:
                client.say(f"{{{found[1]}\r\n{said}\r\n}}\r\n".encode())
            self._news()

    def by_hand(self, output: int, source: str) -> None:
        """Somebody at the front panel shows that input on output number so many, from 0."""
        self.shown[output] = source
        self._changed = True
        self._news()

    def _news(self) -> None:
        if not self._changed:
            return
        self._changed = False
        line = f"CHG {NODE}.DestinationConnectionList={';'.join(self.shown)}\r\n".encode()
        twice = self.luck.strikes("twice")
        for client in self.opened:
            if self.luck.strikes("babble"):
                client.say(b"?? what\r\n")
            client.say(line * (2 if twice else 1))
        self.wake()

    def _do(self, client: Client, verb: str, about: str) -> str | None:
        if verb == "OPEN":
            self.opened.append(client)
            return f"o- {about}"
        if verb == "GET":
            values = {
                "/.ProductName": "Simulated LW3",
                f"{NODE}.SourcePortCount": str(self.inputs),
                f"{NODE}.DestinationPortCount": str(self.outputs),
                f"{NODE}.DestinationConnectionList": ";".join(self.shown),
            }
            return f"pr {about}={values[about]}" if about in values else f"pE {about} %E002:Not exist"
        if verb == "CALL" and about.startswith(f"{NODE}:switch(") and about.endswith(")"):
            return self._switch(client, about[len(NODE) + 8 : -1])
        return f"mE {about} %E002:Not exist"

    def _switch(self, client: Client, pairs: str) -> str | None:
        wanted = [pair.split(":") for pair in pairs.split(";")]
        bad = any(not 1 <= int(output[1:]) <= self.outputs for _, output in wanted)
        if bad or self.luck.strikes("refused"):
            return f"mE {NODE}:switch %E006:Invalid parameter"
        if any(int(output[1:]) - 1 in self.locked for _, output in wanted):
            return f"mE {NODE}:switch %E010:Output locked"
        if not self.luck.strikes("lost_changes"):
            for source, output in wanted:
                self.shown[int(output[1:]) - 1] = source
            self._changed = True
        if self.luck.strikes("foreign"):
            other = self.luck.rng.randrange(self.inputs)
            self.shown[self.luck.rng.randrange(self.outputs)] = f"I{other + 1}"
            self._changed = True
        client.ends = client.ends or self.luck.strikes("hangs_up")
        return None if self.luck.strikes("lost_replies") else f"mO {NODE}:switch"
