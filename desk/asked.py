"""What a request says: its JSON body as the route's type, its query parameters within their bounds."""

from typing import Any

import msgspec
from aiohttp import web

from desk.faults import Refusal
from desk.masked import mask_digits
from desk.route import Query, Route

JSON = ("application/json",)


async def body_of(request: web.Request, route: Route) -> Any:
    """The request's JSON as the route's type; an empty body is an empty object."""
    raw = await request.read()
    if raw and request.content_type not in JSON:
        raise Refusal(415, "wrong_content_type", {"wanted": "application/json"})
    if not raw and request.headers.get("Content-Type", "application/octet-stream") not in (
        *JSON,
        "application/octet-stream",
    ):
        raise Refusal(415, "wrong_content_type", {"wanted": "application/json"})
    try:
        return msgspec.json.decode(raw or b"{}", type=route.takes)
    except msgspec.ValidationError as error:
        raise Refusal(422, "wrong_field", {"where": mask_digits(_where(str(error)))}) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(400, "bad_json") from None


def _where(error: str) -> str:
    """The field a msgspec error is about, without the value that was sent."""
    head, at, path = error.rpartition(" - at `")
    if at:
        return path.rstrip("`")
    quoted = head or error
    return quoted.split("`")[1] if quoted.count("`") >= 2 and "field" in quoted else "$"


def asked(request: web.Request, route: Route) -> dict[str, float]:
    """The numeric query parameters; unknown names and values out of bounds are refused."""
    known: dict[str, Query] = {query.name: query for query in route.query}
    found: dict[str, float] = {}
    for name, text in request.query.items():
        query = known.get(name)
        if query is None:
            raise Refusal(422, "unknown_query", {"where": mask_digits(name[:40])})
        if query.bounds is None:
            continue
        try:
            value = float(int(text)) if query.whole else float(text)
        except (ValueError, OverflowError):
            raise Refusal(422, "wrong_field", {"where": name}) from None
        if not query.bounds[0] <= value <= query.bounds[1]:
            raise Refusal(422, "wrong_field", {"where": name})
        found[name] = value
    return found
