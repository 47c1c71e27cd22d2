"""Errors as answers: one JSON object with a code and a message in the reader's language."""

import msgspec
from aiohttp import web

from desk.bodies import Fault
from desk.words import Language, language, say

_CODES = {
    400: "bad_request",
    404: "no_such_path",
    405: "wrong_method",
    408: "too_slow",
    411: "no_length",
    413: "too_large",
    414: "too_large",
    415: "wrong_content_type",
    417: "bad_request",
    431: "too_large",
}


class Refusal(Exception):
    """Ends a request with `status` and a fault of this code."""

    def __init__(self, status: int, code: str, words: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.words = words or {}


def wanted(request: web.BaseRequest) -> Language:
    return language(request.headers.get("Accept-Language", ""))


def fault_body(code: str, lang: Language, words: dict[str, str] | None = None) -> bytes:
    words = words or {}
    return msgspec.json.encode(Fault(code=code, message=say(f"code.{code}", lang, words), words=words))


def answer(request: web.BaseRequest, refusal: Refusal) -> web.Response:
    """The response that says a refusal; a 401 names the scheme."""
    lang = wanted(request)
    response = web.Response(
        status=refusal.status,
        body=fault_body(refusal.code, lang, refusal.words),
        content_type="application/json",
        charset="utf-8",
        headers={"Content-Language": "zh-CN" if lang == "zh" else "en", "Vary": "Accept-Language"},
    )
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="switchroom", charset="UTF-8"'
    return response


def of_status(status: int) -> Refusal:
    """The refusal for an error of the HTTP layer itself."""
    return Refusal(status, _CODES.get(status, "internal" if status >= 500 else "bad_request"))
