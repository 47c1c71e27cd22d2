"""A simulated AdderLink Infinity Manager: log-in with tokens that run out, lists in pages, connections, errors as XML."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from simulator.kvm.misbehaviour import Luck

Answer = tuple[int, bytes] | None
"""Status and body; None for no answer at all."""
ERRORS = {3: "already logged out", 10: "token expired", 231: "private connection not available", 30: "no such device"}


class SimulatedAdder:
    """Transmitters t1…, each with one channel c1…, receivers r1…; `page` rows a page."""

    def __init__(
        self,
        transmitters: int = 8,
        receivers: int = 8,
        *,
        page: int = 10,
        password: str = "secret",
        luck: Luck | None = None,
    ) -> None:
        self.transmitters = [f"t{n + 1}" for n in range(transmitters)]
        self.channels = {f"c{n + 1}": f"t{n + 1}" for n in range(transmitters)}
        self.shown: dict[str, tuple[str, str] | None] = {f"r{n + 1}": None for n in range(receivers)}
        self.offline: set[str] = set()
        self.luck = luck or Luck()
        self.too_many = 0
        self.asked: list[str] = []
        self._page, self._password = page, password
        self._tokens: set[str] = set()
        self._logins = 0

    def by_hand(self, receiver: str, channel: str | None, mode: str = "s") -> None:
        """Somebody connects on the receiver's own screen."""
        self.shown[receiver] = None if channel is None else (channel, mode)

    def expire(self) -> None:
        """Every token has run out."""
        self._tokens.clear()

    def answer(self, path: str) -> Answer:
        """What a GET of that path gives."""
        words = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        method = words.get("method", "")
        self.asked.append(method)
        if self.too_many:
            self.too_many -= 1
            return 429, b"slow down"
        if method == "login":
            if words.get("password") != self._password:
                return _error(10)
            self._logins += 1
            self._tokens.add(token := f"tok{self._logins}")
            return _reply(f"<token>{token}</token>")
        if words.get("token") not in self._tokens:
            return _error(10)
        if method == "get_devices":
            return self._devices(words)
        if method == "get_channels":
            rows = [
                f"<channel><c_id>{id}</c_id><c_name>{escape(f'PC {id} & co')}</c_name><c_video1>{tx}</c_video1></channel>"
                for id, tx in self.channels.items()
            ]
            return self._paged(rows, words, "channels")
        return self._switch(method, words)

    def _devices(self, words: Mapping[str, str]) -> Answer:
        if words.get("device_type") == "tx":
            rows = [self._device(id, "") for id in self.transmitters]
        else:
            rows = [self._device(id, _connection(shown)) for id, shown in self.shown.items()]
        return self._paged(rows, words, "devices")

    def _device(self, id: str, more: str) -> str:
        online = int(id not in self.offline)
        return f"<device><d_id>{id}</d_id><d_name>Seat {id}</d_name><d_online>{online}</d_online>{more}</device>"

    def _paged(self, rows: list[str], words: Mapping[str, str], around: str) -> Answer:
        first = (int(words.get("page", "1")) - 1) * self._page
        return _reply(f"<{around}>{''.join(rows[first : first + self._page])}</{around}>")

    def _switch(self, method: str, words: Mapping[str, str]) -> Answer:
        receiver, channel = words.get("rx_id", ""), words.get("c_id", "")
        mode = words.get("mode", "s")
        if receiver not in self.shown or (method == "connect_channel" and channel not in self.channels):
            return _error(30)
        held = [
            shown for id, shown in self.shown.items() if id != receiver and shown is not None and shown[0] == channel
        ]
        if self.luck.strikes("refused") or any(how == "p" for _, how in held) or (mode == "p" and held):
            return _error(231)
        if not self.luck.strikes("lost_changes"):
            self.shown[receiver] = (channel, mode) if method == "connect_channel" else None
        if self.luck.strikes("foreign"):
            other = self.luck.rng.choice(sorted(self.shown))
            self.by_hand(other, self.luck.rng.choice(sorted(self.channels)))
        if self.luck.strikes("babble"):
            return 200, b"<html>busy</html>"
        return None if self.luck.strikes("lost_replies") else _reply("")


def _connection(shown: tuple[str, str] | None) -> str:
    if shown is None:
        return "<con_c_id>c1</con_c_id><con_end_time>2026-01-01 00:00:00</con_end_time>"
    channel, mode = shown
    control = {"v": 1, "e": 2, "p": 2, "s": 3}[mode]
    return (
        f"<con_c_id>{channel}</con_c_id><con_end_time/><con_control>{control}</con_control>"
        f"<con_exclusive>{int(mode == 'p')}</con_exclusive>"
    )


def _reply(inner: str) -> Answer:
    body = f"<api_response><version>5</version><timestamp>now</timestamp><success>1</success>{inner}</api_response>"
    return 200, body.encode()


def _error(code: int) -> Answer:
    inner = f"<errors><error><code>{code}</code><msg>ERROR - {ERRORS[code]}</msg></error></errors>"
    return 200, f"<api_response><version>5</version><success>0</success>{inner}</api_response>".encode()
