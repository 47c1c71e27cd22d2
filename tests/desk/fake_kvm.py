"""Screens for the desk's tests: one receiver, 7, and one user, wang."""

from desk.kvm_ports import (
    Device,
    Found,
    KvmRefused,
    Matrix,
    PresetRow,
    ScreenAnswer,
    Screens,
    ScreenWish,
    SeatRow,
    SeatSession,
    SeatSignIn,
    SeatWish,
    Settings,
)
from kvmctl.osd.show import Row, Shown, Style, Told


class FakeKvm:
    """Grants everything at receiver 7 and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bool]] = []

    def screens(self) -> Screens:
        device = Device(id="0007", name="PC", side="tx", matrix="main", online=True)
        return Screens(
            matrices=(Matrix(name="main", driver="plain", state="idle"),),
            devices=(device,),
            seats=(SeatRow(name="one", receiver="7", station="0007", agents=("1001",), spare=False),),
            presets=(PresetRow(name="day", active="partial"),),
            walls={"hall": ("7",)},
            found=(Found(matrix="main", side="rx", port="9", name="", online=True),),
        )

    def known_user(self, name: str) -> bool:
        return name == "wang"

    async def wish(self, said: ScreenWish, actor: str, *, house: bool) -> ScreenAnswer:
        self.asked.append((said.do, actor, house))
        return ScreenAnswer(said="connected", good=True, done=1, of=2, left_out={"8": "offline"})

    async def settle_drift(self, rx: str, then: str, actor: str) -> None:
        self._known(rx)

    def shown(self, rx: str, session: str) -> Shown:
        self._known(rx)
        return Shown(receiver=rx, user="wang", transmitters=(Row(id="0007", name="PC", style=Style.READY),))

    def settings(self) -> Settings:
        return Settings(text="[kvm]\n", pending=False)

    async def put_settings(self, text: str, actor: str, lang: str) -> None:
        if not text.startswith("[kvm]"):
            raise KvmRefused(409, "kvm_settings", {"why": lang})

    async def sign_in(self, rx: str, said: SeatSignIn) -> SeatSession:
        self._known(rx)
        return SeatSession(told=Told(said="signed_in", good=True), session="s")

    async def at_seat(self, rx: str, said: SeatWish) -> Told:
        self._known(rx)
        return Told(said="pushed", good=True, more={"8": "offline"})

    def _known(self, rx: str) -> None:
        if rx != "7":
            raise KvmRefused(404, "unknown_receiver", {"receiver": rx})
