"""The pages' files, read once at start and served from memory with an ETag."""

from collections.abc import Awaitable, Callable
from hashlib import blake2b
from pathlib import Path

from aiohttp import web

from desk.words import STATIC

_KINDS = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}


def install(router: web.UrlDispatcher, root: Path = STATIC) -> None:
    """Serve ``index.html`` at / and every other file of a known kind under /static/."""
    for path in sorted(root.rglob("*")):
        kind = _KINDS.get(path.suffix)
        if kind is None:
            continue
        name = path.relative_to(root).as_posix()
        url = "/" if name == "index.html" else f"/static/{name}"
        router.add_get(url, _file(path.read_bytes(), kind))


def _file(content: bytes, kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    etag = blake2b(content, digest_size=12).hexdigest()

    async def handler(request: web.Request) -> web.Response:
        known = any(tag.value == etag for tag in request.if_none_match or ())
        response = web.Response(status=304) if known else web.Response(body=content, content_type=kind, charset="utf-8")
        response.etag = etag
        response.headers["Cache-Control"] = "no-cache"
        return response

    return handler
