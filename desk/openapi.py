"""The OpenAPI 3.1 document, written from the route table."""

from functools import cache
from typing import Any

import msgspec

from desk.bodies import Fault
from desk.route import PREFIX, Query, Route
from desk.routes import ROUTES

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES = ("text/csv", XLSX, "audio/wav")
_WORDS = {
    400: "The body is not JSON.",
    401: "No token, or a wrong one.",
    403: "The token's role does not hold the right; or a foreign Host or Origin, where no token is needed.",
    404: "No such agent, campaign, customer or request.",
    409: "The floor refused the wish; the code says why.",
    413: "The body is too large.",
    415: "Wrong Content-Type.",
    422: "A field is missing, unknown or of the wrong type.",
    429: "Too often; the code says what.",
    503: "The database does not take it now; nothing was done.",
}


@cache
def document(version: str) -> bytes:
    """The document as JSON bytes."""
    types = [route.gives for route in ROUTES if route.gives != "file"] + [
        route.takes for route in ROUTES if route.takes not in (None, "csv")
    ]
    schemas, components = msgspec.json.schema_components([*types, Fault], ref_template="#/components/schemas/{name}")
    schema_of = dict(zip((id(kind) for kind in [*types, Fault]), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        operation = _operation(route, schema_of)
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = operation
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Switchroom 话务室",
                "version": version,
                "description": "Messages come in Chinese or English by Accept-Language.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{"bearer": []}, {}],
        }
    )


def _operation(route: Route, schema_of: dict[int, Any]) -> dict[str, Any]:
    errors = {
        401,
        403,
        *route.refuses,
        *((400, 413, 415, 422) if route.takes else ()),
        *((422,) if route.query else ()),
    }
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": route.about,
        "description": f"Needs the right `{route.right}`.",
        "security": [{"bearer": [route.right.value]}, {}],
        "responses": {
            "200": {"description": "Done.", "content": _content(route, schema_of)},
            **{
                str(status): {
                    "description": _WORDS[status],
                    "content": {"application/json": {"schema": schema_of[id(Fault)]}},
                }
                for status in sorted(errors)
            },
        },
    }
    parameters = [_parameter(query) for query in route.query]
    if "{id}" in route.path:
        parameters.insert(0, {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}})
    if parameters:
        operation["parameters"] = parameters
    if route.takes == "csv":
        operation["requestBody"] = {
            "required": True,
            "content": {"text/csv": {"schema": {"type": "string"}}, XLSX: {"schema": {"type": "string"}}},
        }
    elif route.takes is not None:
        schema = schema_of[id(route.takes)]
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return operation


def _content(route: Route, schema_of: dict[int, Any]) -> dict[str, Any]:
    if route.gives == "file":
        return {kind: {"schema": {"type": "string"}} for kind in FILES}
    return {"application/json": {"schema": schema_of[id(route.gives)]}}


def operation_id(route: Route) -> str:
    """A name unique in the document, e.g. ``post_agents_sign_in``."""
    parts = [part for part in route.path.split("/") if part]
    words = ["one" if part == "{id}" and index == len(parts) - 1 else part for index, part in enumerate(parts)]
    return "_".join([route.method.lower(), *(w for w in words if w != "{id}")]).replace("-", "_")


def _parameter(query: Query) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if query.bounds is not None:
        low, high = query.bounds
        schema = {"type": "integer" if query.whole else "number", "minimum": low, "maximum": high}
    return {"name": query.name, "in": "query", "required": False, "description": query.about, "schema": schema}
