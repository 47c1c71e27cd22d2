"""A simulated Blackmagic Videohub: prelude, routing, labels, locks and dumps, told to all its clients."""

from simulator.kvm.device import Client, Device
from simulator.kvm.misbehaviour import Luck

ACK, NAK = b"ACK\n\n", b"NAK\n\n"


class SimulatedVideohub(Device):
    """So many inputs and outputs, output n showing input n at first."""

    def __init__(
        self, inputs: int = 16, outputs: int = 16, *, luck: Luck | None = None, ends_prelude: bool = True
    ) -> None:
        super().__init__(luck)
        self.inputs, self.outputs = inputs, outputs
        self.ends_prelude = ends_prelude
        self.shown = [number % inputs for number in range(outputs)]
        self.names = {
            "INPUT LABELS": [f"PC {n}" for n in range(inputs)],
            "OUTPUT LABELS": [f"Seat {n}" for n in range(outputs)],
        }
        self.locks: dict[int, Client] = {}

    def greet(self, client: Client) -> None:
        client.rest = b""
        client.say(b"PROTOCOL PREAMBLE:\nVersion: 2.3\n\n")
        client.say(
            f"VIDEOHUB DEVICE:\nDevice present: true\nModel name: Simulated Videohub\nFriendly name: hub\n"
            f"Video inputs: {self.inputs}\nVideo outputs: {self.outputs}\n\n".encode()
        )
        for head in ("INPUT LABELS", "OUTPUT LABELS", "VIDEO OUTPUT LOCKS", "VIDEO OUTPUT ROUTING"):
            client.say(self.block(head, client))
        if self.ends_prelude:
            client.say(b"END PRELUDE:\n\n")

    def hear(self, client: Client, data: bytes) -> None:
        *blocks, client.rest = (client.rest + data).split(b"\n\n")
        for block in blocks:
            head, *rows = block.decode("utf-8", "replace").strip("\n").split("\n")
            self._do(client, head.removesuffix(":"), [row for row in rows if row])

    def by_hand(self, output: int, source: int) -> None:
        """Somebody at the hub's own panel shows that input there."""
        self.shown[output] = source
        self.tell(f"VIDEO OUTPUT ROUTING:\n{output} {source}\n\n".encode())

    def block(self, head: str, client: Client) -> bytes:
        if head == "VIDEO OUTPUT ROUTING":
            rows = [str(source) for source in self.shown]
        elif head == "VIDEO OUTPUT LOCKS":
            holders = [self.locks.get(number) for number in range(self.outputs)]
            rows = ["U" if holder is None else "O" if holder is client else "L" for holder in holders]
        else:
            rows = self.names[head]
        lines = "".join(f"{number} {row}\n" for number, row in enumerate(rows))
        return f"{head}:\n{lines}\n".encode()

    def _do(self, client: Client, head: str, rows: list[str]) -> None:
        if head == "PING":
            client.say(ACK)
        elif head in ("VIDEO OUTPUT ROUTING", "VIDEO OUTPUT LOCKS", *self.names):
            if not rows:
                client.say(ACK + self.block(head, client))
            elif head == "VIDEO OUTPUT ROUTING":
                self._route(client, rows)
            elif head == "VIDEO OUTPUT LOCKS":
                self._lock(client, rows)
            else:
                client.say(NAK)
        else:
            client.say(NAK)

    def _route(self, client: Client, rows: list[str]) -> None:
        wanted = [tuple(int(word) for word in row.split()) for row in rows]
        bad = any(output >= self.outputs or source >= self.inputs for output, source in wanted)
        held = any(self.locks.get(output, client) is not client for output, _ in wanted)
        if bad or held or self.luck.strikes("refused"):
            client.say(NAK)
            return
        if not self.luck.strikes("lost_replies"):
            client.say(ACK)
        if not self.luck.strikes("lost_changes"):
            for output, source in wanted:
                self.shown[output] = source
            lines = "".join(f"{output} {source}\n" for output, source in wanted)
            self.tell(f"VIDEO OUTPUT ROUTING:\n{lines}\n".encode())
        if self.luck.strikes("foreign"):
            self.by_hand(self.luck.rng.randrange(self.outputs), self.luck.rng.randrange(self.inputs))
        client.ends = client.ends or self.luck.strikes("hangs_up")

    def _lock(self, client: Client, rows: list[str]) -> None:
        for row in rows:
            number, _, how = row.partition(" ")
            if how in ("O", "F") and self.locks.get(int(number), client) is client:
                self.locks[int(number)] = client
            elif how == "U" and self.locks.get(int(number)) is client:
                del self.locks[int(number)]
        client.say(ACK)
        for one in self.clients:
            one.say(self.block("VIDEO OUTPUT LOCKS", one))

    def leave(self, client: Client) -> None:
        super().leave(client)
        self.locks = {output: holder for output, holder in self.locks.items() if holder is not client}
