"""One operation of the API, and a query parameter of one."""

from typing import Any, Literal

import msgspec

from config.rights import Right

PREFIX = "/api/v1"


class Query(msgspec.Struct, frozen=True):
    """A query parameter; `bounds` are the smallest and largest number allowed, None for text."""

    name: str
    about: str
    bounds: tuple[float, float] | None = None
    whole: bool = True


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. `name` is the handler's name; `takes` is the JSON body's type, or "csv" for a streamed list;
    `gives` the answer's type, or "file".

    `right` is what the caller's role must hold."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    name: str
    about: str
    right: Right
    gives: Any
    takes: Any = None
    query: tuple[Query, ...] = ()
    refuses: tuple[int, ...] = ()
