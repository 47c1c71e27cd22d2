"""``switchroom kvm osd``: a receiver's menu on a terminal. The core decides; here are curses, the network and the clock."""

import contextlib
import curses
import errno
import http.client
import json
import locale
import os
import queue
import select
import sys
import threading
import time
from typing import Any
from urllib.parse import quote

import msgspec

from config.words import say
from kvmctl.osd.desk import Desk, Effect, Pointed, Refreshed, SignIn, SignOut, State, Wished
from kvmctl.osd.draw import draw
from kvmctl.osd.show import Network, Screen, Shown, Style, Told
from switchroom.cli_floor import Remote
from switchroom.view import product_version

POLL_S = 1.0
KEY_MS = 50
ASK_S = 20.0
LEAST = (20, 64)
KEYS = {
    curses.KEY_UP: "up",
    curses.KEY_DOWN: "down",
    curses.KEY_ENTER: "enter",
    curses.KEY_BACKSPACE: "backspace",
    **{curses.KEY_F0 + number: f"f{number}" for number in range(1, 11)},
}
LETTERS = {"\n": "enter", "\r": "enter", "\x1b": "esc", "\t": "tab", "\x7f": "backspace", "\b": "backspace"}
NETWORK_DOWN = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})


class Server:
    """The running server, asked in a thread of its own; what it says comes out of `news`."""

    def __init__(self, remote: Remote, rx: str, lang: str) -> None:
        self._remote, self._lang, self._path = remote, lang, f"/kvm/receivers/{quote(rx, safe='')}"
        self.rx, self.session = rx, ""
        self.news: queue.Queue[Shown | Told | Network | str] = queue.Queue()
        self._asked: queue.Queue[tuple[str, dict[str, Any]] | None] = queue.Queue(maxsize=64)
        threading.Thread(target=self._serve, name="kvm osd", daemon=True).start()
        threading.Thread(target=self._poll, name="kvm osd view", daemon=True).start()

    def ask(self, path: str, body: dict[str, Any]) -> None:
        with contextlib.suppress(queue.Full):
            self._asked.put_nowait((path, body))

    def _serve(self) -> None:
        while (asked := self._asked.get()) is not None:
            path, body = asked
            answer = self._request("POST", f"{self._path}/{path}", body)
            if answer is None:
                self.news.put(Told(said="connect_failed"))
                continue
            if path == "sign-in":
                self.session = answer.get("session", "")
                answer = answer.get("told", {})
            if "said" in answer:
                self.news.put(msgspec.convert(answer, Told))
            self._look()

    def _poll(self) -> None:
        while True:
            self._look()
            time.sleep(POLL_S)

    def _look(self) -> None:
        answer = self._request("GET", f"{self._path}/osd?session={quote(self.session, safe='')}", None)
        if answer is not None and "receiver" in answer:
            self.news.put(msgspec.convert(answer, Shown))

    def _request(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any] | None:
        """None when the server cannot be reached, after saying so; a refusal is said as text."""
        connection = self._remote.connection(ASK_S)
        try:
            headers = self._remote.headers()
            connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            value = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            down = isinstance(error, OSError) and error.errno in NETWORK_DOWN
            self.news.put(Network.DOWN if down else Network.NO_SERVER)
            return None
        finally:
            connection.close()
        if answer.status >= 400 or not isinstance(value, dict):
            self.news.put(str(value.get("message", answer.status)) if isinstance(value, dict) else str(answer.status))
            return {}
        return value


def run(remote: Remote, rx: str, lang: str) -> None:
    """Until Ctrl+C, or until the terminal is closed."""
    locale.setlocale(locale.LC_ALL, "")
    os.environ.setdefault("ESCDELAY", "25")
    server = Server(remote, rx, lang)
    with contextlib.suppress(KeyboardInterrupt):
        curses.wrapper(lambda window: _Terminal(window, server, lang).run())


class _Terminal:
    def __init__(self, window: "curses.window", server: Server, lang: str) -> None:
        self._window, self._server, self._lang = window, server, lang
        self._desk = Desk()
        self._shown = Shown(receiver=server.rx)
        self._network = Network.NORMAL
        self._message = ""
        self._drawn: object = None
        self._colours = _colours()
        self._gone = select.poll()
        self._gone.register(sys.stdin.fileno(), 0)
        window.timeout(KEY_MS)
        with contextlib.suppress(curses.error):
            curses.curs_set(0)

    def run(self) -> None:
        while not self._gone.poll(0):  # a terminal that was closed has nothing more to say, and would say it at once
            self._hear()
            self._desk.due(time.monotonic())
            self._paint()
            key = self._key()
            if key:
                for effect in self._desk.press(key, self._shown, time.monotonic()):
                    self._carry_out(effect)

    def _key(self) -> str:
        try:
            key = self._window.get_wch()
        except curses.error:
            return ""
        if key == curses.KEY_RESIZE:
            self._drawn = None
            return ""
        return KEYS.get(key, "") if isinstance(key, int) else LETTERS.get(key, key)

    def _hear(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                match self._server.news.get_nowait():
                    case Shown() as shown:
                        if self._shown.user and not shown.user:
                            self._desk.signed_out()
                        self._shown, self._network, self._message = shown, Network.NORMAL, ""
                    case Told() as told:
                        self._desk.answered(told, time.monotonic())
                    case Network() as network:
                        self._network = network
                    case str() as message:
                        self._message = message

    def _carry_out(self, effect: Effect) -> None:
        session = self._server.session
        match effect:
            case SignIn(user=user, password=password):
                self._server.ask("sign-in", {"user": user, "password": password})
            case SignOut():
                self._server.ask("wish", {"session": session, "do": "sign_out"})
            case Wished(mode=mode, text=text):
                self._server.ask("wish", {"session": session, "do": mode.value, "text": text})
            case Pointed(screen=screen):
                self._server.ask("wish", {"session": session, "do": "point", "text": str(screen)})
            case Refreshed():
                self._server.ask("wish", {"session": session, "do": "refresh"})

    def _paint(self) -> None:
        shown = msgspec.structs.replace(self._shown, network=self._network)
        screen = draw(self._desk, shown, lang=self._lang, version=product_version())
        if self._desk.state is State.CLOSED:
            screen = ()
        picture = (screen, self._message)
        if picture == self._drawn:
            return
        self._drawn = picture
        self._window.erase()
        rows, columns = self._window.getmaxyx()
        if rows < LEAST[0] or columns < LEAST[1]:
            self._write(0, say(self._lang, "kvm.osd.too_small"), Style.PROMPT)
        elif not screen:
            self._write(0, say(self._lang, "kvm.osd.closed"), Style.FIXED)
            lent = shown.pushed_from
            if lent:
                self._write(1, say(self._lang, "kvm.osd.pushed_from", source=lent), Style.PROMPT)
        else:
            self._lines(screen)
        if self._message:
            self._write(rows - 1, self._message[: columns - 1], Style.OFF)
        self._window.redrawwin()
        self._window.refresh()

    def _lines(self, screen: Screen) -> None:
        for number, line in enumerate(screen):
            with contextlib.suppress(curses.error):
                self._window.move(number, 0)
                for span in line:
                    self._window.addstr(span.text, self._colours[span.style])

    def _write(self, row: int, text: str, style: Style) -> None:
        with contextlib.suppress(curses.error):
            self._window.addstr(row, 0, text, self._colours[style])


def _colours() -> dict[Style, int]:
    """Brown is the terminal's dark yellow; without colours bold and dim stand for them."""
    if not curses.has_colors():
        return {style: curses.A_BOLD if style in (Style.JOINED, Style.PROMPT) else curses.A_NORMAL for style in Style}
    curses.start_color()
    with contextlib.suppress(curses.error):
        curses.use_default_colors()
    inks = (curses.COLOR_YELLOW, curses.COLOR_WHITE, curses.COLOR_RED)
    for number, ink in enumerate(inks, start=1):
        with contextlib.suppress(curses.error):
            curses.init_pair(number, ink, -1)
    yellow, white, red = (curses.color_pair(number) for number in (1, 2, 3))
    return {
        Style.FIXED: yellow,
        Style.LIVE: white | curses.A_BOLD,
        Style.PROMPT: yellow | curses.A_BOLD,
        Style.READY: white,
        Style.JOINED: yellow | curses.A_BOLD,
        Style.OFF: red | curses.A_BOLD,
        Style.BARRED: white | curses.A_DIM,
    }
