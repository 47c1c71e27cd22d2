"""A simulated IHSE Draco tera: lists in pages, switches with LAN echo, BEL while it is busy, grid status."""

from struct import pack, unpack_from

from kvmctl.drivers import draco_telegrams as wire
from simulator.kvm.device import Client, Device
from simulator.kvm.misbehaviour import Luck

PAGE = 43
MODES = {wire.FULL, wire.VIDEO_ONLY, wire.PRIVATE}


class SimulatedDraco(Device):
    """CPUs from 1001, CONs from 3001; `flags` is its grid status, `busy` how many switches it will not look at."""

    def __init__(self, cpus: int = 8, cons: int = 8, *, luck: Luck | None = None, echo: bool = True) -> None:
        super().__init__(luck)
        self.cpus = [1001 + n for n in range(cpus)]
        self.cons = [3001 + n for n in range(cons)]
        self.shown: dict[int, tuple[int, int]] = {}
        self.messages: list[bytes] = []
        self.offline: set[int] = set()
        self.echo = echo
        self.flags = 0
        self.busy = 0

    def greet(self, client: Client) -> None:
        client.rest = b""

    def hear(self, client: Client, data: bytes) -> None:
        rest = client.rest + data
        while rest:
            if rest[:3] == wire.status():
                size = 3
                client.say(bytes((wire.ESC, wire.REPLY, wire.STATUS)) + pack("<HBB", 7, 0, self.flags))
            elif len(rest) < 5 or len(rest) < unpack_from("<H", rest, 3)[0]:
                break
            else:
                (size,) = unpack_from("<H", rest, 3)
                self._do(client, rest[2], rest[5:size])
            rest = rest[size:]
        client.rest = rest

    def by_hand(self, con: int, cpu: int, mode: int = wire.FULL) -> None:
        """An operator switches on his own screen."""
        self._show(con, cpu, mode)

    def babble(self) -> bytes:
        return b"\x00\xff\x41"

    def _do(self, client: Client, command: int, payload: bytes) -> None:
        if command in (wire.CPUS, wire.CONS):
            (first,) = unpack_from("<H", payload)
            client.say(self._page(command, self.cpus if command == wire.CPUS else self.cons, first))
        elif command == wire.VIEW:
            con, cpu = unpack_from("<HH", payload)
            self._switch(client, con, cpu, wire.VIDEO_ONLY)
        elif command == wire.EXTENDED:
            cpu, con, mode = unpack_from("<HHH", payload)
            self._switch(client, con, cpu, mode)
        elif command == wire.MESSAGE:
            self.messages.append(payload[22:].rstrip(b"\0"))
            client.say(bytes((wire.ACK,)))
        else:
            client.say(bytes((wire.NAK,)))

    def _page(self, command: int, ids: list[int], first: int) -> bytes:
        page = ids[first : first + PAGE]
        records = b"".join(
            pack("<I17sBxx", id, f"{'PC' if id < 3000 else 'Seat'} {id}".encode(), id not in self.offline)
            for id in page
        )
        payload = pack("<HH", len(page), first) + records
        return bytes((wire.ESC, wire.REPLY, command)) + pack("<H", 5 + len(payload)) + payload

    def _switch(self, client: Client, con: int, cpu: int, mode: int) -> None:
        known = con in self.cons and (cpu in self.cpus or cpu == 0) and mode in MODES
        if self.busy:
            self.busy -= 1
            client.say(bytes((wire.BEL,)))
            return
        if not known or self.luck.strikes("refused"):
            client.say(bytes((wire.NAK,)))
            return
        if not self.luck.strikes("lost_replies"):
            client.say(bytes((wire.ACK,)))
        if not self.luck.strikes("lost_changes"):
            self._show(con, cpu, mode)
        if self.luck.strikes("foreign"):
            self.by_hand(self.luck.rng.choice(self.cons), self.luck.rng.choice(self.cpus))
        client.ends = client.ends or self.luck.strikes("hangs_up")

    def _show(self, con: int, cpu: int, mode: int) -> None:
        self.shown[con] = (cpu, mode)
        if self.echo:
            self.tell(wire.extended(cpu, con, mode) if cpu else wire.view(con, 0))
