"""The handlers of the seats' screens."""

from typing import Any

import msgspec
from aiohttp import web

from config.rights import Right
from desk.asked import asked, body_of
from desk.bodies import Granted
from desk.faults import Refusal
from desk.guard import ACTOR, RIGHTS
from desk.kvm_ports import KvmDesk, KvmRefused
from desk.route import Route
from desk.words import language


class KvmApi:
    """One method for each `name` of the route table that is about screens; without screens all say so."""

    def __init__(self, kvm: KvmDesk | None) -> None:
        self._desk = kvm

    @property
    def _kvm(self) -> KvmDesk:
        if self._desk is None:
            raise Refusal(404, "no_kvm")
        return self._desk

    async def screens(self, request: web.Request, route: Route) -> web.Response:
        return _json(self._kvm.screens())

    async def wish_screen(self, request: web.Request, route: Route) -> web.Response:
        """Whoever may steer all screens is bound by no right; everybody else by those of the user of his name."""
        kvm, actor = self._kvm, request[ACTOR]
        said = await body_of(request, route)
        house = Right.KVM_STEER in request[RIGHTS]
        if not house and not kvm.known_user(actor):
            raise Refusal(403, "kvm_no_user", {"user": actor})
        return await _answer(kvm.wish(said, actor, house=house))

    async def settle_drift(self, request: web.Request, route: Route) -> web.Response:
        kvm = self._kvm
        said = await body_of(request, route)
        await _answer(kvm.settle_drift(request.match_info["id"], said.then, request[ACTOR]))
        return _json(Granted())

    async def osd(self, request: web.Request, route: Route) -> web.Response:
        kvm = self._kvm
        asked(request, route)
        try:
            return _json(kvm.shown(request.match_info["id"], request.query.get("session", "")))
        except KvmRefused as refused:
            raise Refusal(refused.status, refused.code, refused.words) from None

    async def sign_in_at_screen(self, request: web.Request, route: Route) -> web.Response:
        kvm = self._kvm
        return await _answer(kvm.sign_in(request.match_info["id"], await body_of(request, route)))

    async def wish_at_screen(self, request: web.Request, route: Route) -> web.Response:
        kvm = self._kvm
        return await _answer(kvm.at_seat(request.match_info["id"], await body_of(request, route)))

    async def kvm_settings(self, request: web.Request, route: Route) -> web.Response:
        try:
            return _json(self._kvm.settings())
        except KvmRefused as refused:
            raise Refusal(refused.status, refused.code, refused.words) from None

    async def put_kvm_settings(self, request: web.Request, route: Route) -> web.Response:
        kvm = self._kvm
        said = await body_of(request, route)
        lang = "en" if language(request.headers.get("Accept-Language", "")) == "en" else "zh-CN"
        await _answer(kvm.put_settings(said.text, request[ACTOR], lang))
        return _json(Granted())


async def _answer(asking: Any) -> web.Response:
    try:
        return _json(await asking)
    except KvmRefused as refused:
        raise Refusal(refused.status, refused.code, refused.words) from None


def _json(content: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json", charset="utf-8")
