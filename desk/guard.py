"""Who may come in: own origin and address only where no token protects, a token everywhere else, headers on all answers."""

import ipaddress
import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from config.rights import ROLES, Right
from desk.faults import Refusal, answer, of_status
from desk.tokens import Tokens

log = logging.getLogger(__name__)

ACTOR = web.RequestKey("actor", str)
RIGHTS = web.RequestKey("rights", frozenset)
SIMULATED_ACTOR = "simulate"
OPEN_PATHS = frozenset({"/api/v1/openapi.json", "/api/v1/live", "/healthz"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_name(host: str) -> str:
    name = urlsplit(f"//{host}").hostname
    return name or ""


class Guard:
    """Checks a request before any handler sees it. Without tokens (simulate) the floor is open to this machine's
    own pages only: a foreign name in Host is DNS rebinding, a foreign Origin is another site's page."""

    def __init__(self, tokens: Tokens, *, simulated: bool, host: str) -> None:
        self._tokens = tokens
        self._simulated = simulated
        self._host = host
        self._loopback = is_loopback(host)
        self.on_turned_away: Callable[[str, str, dict[str, str]], None] = lambda actor, act, words: None
        """Told (holder or address, act, words) of wrong tokens and of rights not held."""

    def refuse_foreign(self, request: web.BaseRequest) -> None:
        """Refuse names that are not ours and pages that are not ours."""
        host = request.headers.get("Host", "")
        try:
            name = _host_name(host)
            foreign = name not in ("localhost", self._host)
            if foreign:
                ipaddress.ip_address(name)
        except ValueError:
            raise Refusal(403, "foreign_host") from None
        origin = request.headers.get("Origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            raise Refusal(403, "foreign_origin")
        followed_a_link = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") and not followed_a_link:
            raise Refusal(403, "foreign_origin")

    async def admit(self, request: web.Request) -> None:
        """Note the actor of the request or raise Refusal."""
        path = request.path
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
        if self._simulated:
            self.refuse_foreign(request)
            holder = self._tokens.holder(token) if token else None
            request[ACTOR] = holder or SIMULATED_ACTOR
            request[RIGHTS] = self._tokens.rights(holder) if holder else ROLES["admin"]
            return
        needs = path.startswith("/api/") or (path == "/metrics" and not self._loopback)
        if not needs or path in OPEN_PATHS:
            if path == "/metrics":
                self.refuse_foreign(request)
            return
        name = await self._tokens.check(token, request.remote or "")
        if name is None:
            raise Refusal(401, "wrong_token" if token else "no_token")
        request[ACTOR] = name
        request[RIGHTS] = self._tokens.rights(name)

    async def knock(self, request: web.Request, token: str) -> str | None:
        """The actor behind a token sent over the live socket, or None; in simulate everybody of ours."""
        if self._simulated:
            return SIMULATED_ACTOR
        name = await self._tokens.check(token, request.remote or "")
        if name is None and token:
            self.on_turned_away(request.remote or "?", "token.wrong", {"path": "live"})
        return name if name is not None and Right.FLOOR_SEE in self._tokens.rights(name) else None

    def _note(self, request: web.Request, refusal: Refusal) -> None:
        if refusal.code == "no_right":
            words = {"right": refusal.words["right"], "path": _resource(request)}
            self.on_turned_away(refusal.words["actor"], "right.missing", words)
        elif refusal.code == "wrong_token":
            self.on_turned_away(request.remote or "?", "token.wrong", {"path": _resource(request)})

    @property
    def open(self) -> bool:
        return self._simulated

    def middleware(self) -> Middleware:
        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                await self.admit(request)
                response = await handler(request)
            except Refusal as refusal:
                self._note(request, refusal)
                response = answer(request, refusal)
            except web.HTTPException as error:
                if error.status < 400:
                    raise
                response = answer(request, of_status(error.status))
                if "Allow" in error.headers:
                    response.headers["Allow"] = error.headers["Allow"]
            except (ConnectionError, TimeoutError):
                raise
            except Exception as error:
                log.error("%s %s failed: %s", request.method, _resource(request), type(error).__name__, exc_info=error)
                response = answer(request, of_status(500))
            if not response.prepared:
                response.headers.update(HEADERS)
                response.headers.setdefault("Cache-Control", "no-store")
            return response

        return guarded


def demand(request: web.Request, right: Right) -> None:
    """Refuse a caller whose role does not hold the right."""
    if right not in request[RIGHTS]:
        raise Refusal(403, "no_right", {"right": right.value, "actor": request[ACTOR]})


def _resource(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "?"
