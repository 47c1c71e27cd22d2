"""Screens for a closed world: a simulated matrix with a seat for each of the first agents, a wall, one user."""

import secrets
from collections.abc import Sequence

from config.kvm import (
    GrantSettings,
    HotkeySettings,
    KvmFile,
    MatrixSettings,
    PresetSettings,
    ReceiverSettings,
    SeatSettings,
    TransmitterSettings,
    UnitSettings,
    UserSettings,
    WallSettings,
)
from kvmctl.people import hashed
from simulator.matrix import SimulatedMatrix
from simulator.matrixserver import MatrixServer
from telephony.ports import Clock

MATRIX = "main"
USER = "demo"
SEATS = 12
WALL = ("5101", "5102", "5103", "5104")


class SimulatedScreens:
    """The matrix and the settings that fit it; `password` is the one user's, made for this run."""

    def __init__(self, agents: Sequence[str], clock: Clock) -> None:
        self._agents = list(agents[:SEATS])
        self.password = secrets.token_urlsafe(9)
        numbers = range(1, len(self._agents) + 3)
        self.transmitters = [f"{number:04}" for number in numbers]
        self.receivers = [f"{5000 + number}" for number in numbers] + list(WALL)
        self.device = SimulatedMatrix(receivers=self.receivers, transmitters=self.transmitters)
        self.device.keeps_log = False
        self.server = MatrixServer(self.device, clock)

    def settings(self, port: int) -> KvmFile:
        """The last two seats are spare: one of one head, one of two."""
        everyone = GrantSettings(transmitters={"*": "full"}, receivers={"*": "full"}, push=["*"], force=["*"])
        seats = {
            f"seat{number}": SeatSettings(receiver=f"{5000 + number}", station=f"{number:04}", agents=[agent], phone="")
            for number, agent in enumerate(self._agents, start=1)
        }
        spare = len(self._agents) + 1
        seats["spare"] = SeatSettings(receiver=f"{5000 + spare}", station=f"{spare:04}", spare=True)
        return KvmFile(
            matrix=[MatrixSettings(name=MATRIX, driver="plain", port=port)],
            transmitter=[TransmitterSettings(id=id, name=f"PC {int(id)}", matrix=MATRIX) for id in self.transmitters],
            receiver=[ReceiverSettings(id=id, name=f"Screen {id}", matrix=MATRIX) for id in self.receivers],
            unit=[UnitSettings(heads=[f"{5000 + spare}", f"{5000 + spare + 1}"])],
            wall={"hall": WallSettings(receivers=list(WALL), columns=2)},
            hotkey={"W": HotkeySettings(targets=[WALL[0]])},
            preset={"morning": PresetSettings(shows={WALL[0]: "0001", **{rx: "0001" for rx in WALL[1:]}})},
            group={"everyone": everyone},
            user={USER: UserSettings(password=hashed(self.password, secrets.token_bytes(16)), groups=["everyone"])},
            seat=seats,
        )
