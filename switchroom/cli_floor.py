"""``status``, ``agents`` and ``campaign …``: a running server seen and steered from the command line, over its API."""

import hashlib
import http.client
import json
import os
import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import typer

from config.load import load_server
from switchroom import cli_tables
from switchroom.cli_words import LANG, Json, console, fail, print_json, say

WAIT_S = 10.0
EXPORT_WAIT_S = 3600.0
CHUNK = 256 * 1024

Url = Annotated[str | None, typer.Option("--url", envvar="SWITCHROOM_URL", help=say("opt.url"))]
Token = Annotated[str | None, typer.Option("--token", envvar="SWITCHROOM_TOKEN", help=say("opt.token"))]
ServerFile = Annotated[Path, typer.Option("--config", "-c", help=say("opt.config"))]


class Remote:
    """The API of a running server."""

    def __init__(self, url: str | None, token: str | None, config: Path) -> None:
        if url is None and config.exists():
            server = load_server(config)
            url = f"http://{server.api.host}:{server.api.port}"
            if token is None and server.api.tokens:
                token = next(iter(server.api.tokens.values())).get_secret_value()
        self._address = url or "http://127.0.0.1:8700"
        try:
            parts = urlsplit(self._address)
            self._host, self._port = parts.hostname, parts.port
        except ValueError:
            fail("floor.bad_url", url=self._address)
        if parts.scheme not in ("http", "https") or not self._host:
            fail("floor.bad_url", url=self._address)
        if token and not (token.isascii() and token.isprintable()):
            fail("floor.bad_token")
        self._scheme = parts.scheme
        self._token = token

    def connection(self, wait_s: float) -> http.client.HTTPConnection:
        """A fresh connection, not opened yet."""
        kind = http.client.HTTPSConnection if self._scheme == "https" else http.client.HTTPConnection
        return kind(self._host or "", self._port, timeout=wait_s)

    def headers(self) -> dict[str, str]:
        """What every request carries."""
        headers = {"Accept-Language": LANG, "Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def ask(self, method: str, path: str, body: Any = None, *, wait_s: float = WAIT_S) -> Any:
        """One request; every failure ends the command with one clear error."""
        connection, headers = self.connection(wait_s), self.headers()
        try:
            connection.request(method, f"/api/v1{path}", json.dumps(body or {}) if method == "POST" else None, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            fail("floor.unreachable", url=self._address)
        finally:
            connection.close()
        try:
            value = json.loads(text)
        except ValueError:
            fail("floor.not_ours", url=self._address)
        if answer.status >= 400:
            fail("floor.refused", why=value.get("message", answer.status) if isinstance(value, dict) else answer.status)
        return value

    def save(self, path: str, body: Any, out: Path) -> tuple[str, str]:
        """Have a file made and keep it at `out`, readable by its owner only; returns its rows and its SHA-256."""
        kind = http.client.HTTPSConnection if self._scheme == "https" else http.client.HTTPConnection
        connection = kind(self._host or "", self._port, timeout=EXPORT_WAIT_S)
        headers = {"Accept-Language": LANG, "Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        digest = hashlib.sha256()
        part = out.with_name(out.name + ".part")
        try:
            connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
            answer = connection.getresponse()
            if answer.status >= 400:
                fault = json.loads(answer.read())
                fail("floor.refused", why=fault.get("message", answer.status))
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                while chunk := answer.read(CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
        except (http.client.HTTPException, ConnectionError, TimeoutError, ValueError):
            part.unlink(missing_ok=True)
            fail("floor.unreachable", url=self._address)
        finally:
            connection.close()
        if digest.hexdigest() != answer.headers["X-Content-SHA256"]:
            part.unlink(missing_ok=True)
            fail("export.torn")
        part.replace(out)
        return str(answer.headers["X-Rows"]), digest.hexdigest()


def install(app: typer.Typer) -> None:
    app.command("status", help=say("status.help"))(status)
    app.command("agents", help=say("agents.help"))(agents)
    campaign = typer.Typer(help=say("campaign.help"), no_args_is_help=True)
    campaign.command("list", help=say("campaign.list"))(campaigns)
    for action in ("start", "pause", "drain", "stop"):
        campaign.command(action, help=say(f"campaign.{action}"))(_action(action))
    app.add_typer(campaign, name="campaign")


def status(
    watch: Annotated[bool, typer.Option("--watch", help=say("opt.watch"))] = False,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    remote = Remote(url, token, config)
    if as_json:
        print_json({**remote.ask("GET", "/status"), "campaigns": remote.ask("GET", "/campaigns")})
        return
    if not watch:
        console.print(cli_tables.status_table(remote.ask("GET", "/status"), remote.ask("GET", "/campaigns")))
        return
    from rich.live import Live

    with Live(console=console, screen=False, auto_refresh=False) as live:
        while True:
            live.update(
                cli_tables.status_table(remote.ask("GET", "/status"), remote.ask("GET", "/campaigns")), refresh=True
            )
            time.sleep(1)


def agents(
    url: Url = None, token: Token = None, config: ServerFile = Path("server.toml"), as_json: Json = False
) -> None:
    rows = Remote(url, token, config).ask("GET", "/agents")
    if as_json:
        print_json(rows)
        return
    console.print(cli_tables.agents_table(rows, time.time()))


def campaigns(
    url: Url = None, token: Token = None, config: ServerFile = Path("server.toml"), as_json: Json = False
) -> None:
    rows = Remote(url, token, config).ask("GET", "/campaigns")
    if as_json:
        print_json(rows)
        return
    console.print(cli_tables.campaigns_table(rows))


def _action(action: str) -> Any:
    def act(
        name: Annotated[str, typer.Argument(help=say("opt.campaign"))],
        url: Url = None,
        token: Token = None,
        config: ServerFile = Path("server.toml"),
        as_json: Json = False,
    ) -> None:
        answer = Remote(url, token, config).ask("POST", f"/campaigns/{quote(name, safe='')}/{action}")
        if as_json:
            print_json(answer)
        else:
            console.print(
                say("campaign.done", name=name, action=say(f"campaign.{action}_done")), markup=False, soft_wrap=True
            )

    return act
