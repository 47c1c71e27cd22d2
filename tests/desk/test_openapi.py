"""The document and the router say the same, and every answer is what the document says."""

import re

import pytest

from desk.batch_ports import BatchWishRefused
from desk.bodies import Nothing
from desk.openapi import operation_id
from desk.route import PREFIX, Route
from desk.routes import ROUTES
from telephony.agents import Refused
from tests.desk.conftest import Office
from tests.desk.schema import faults

BODIES = {
    "wishes": {"do": "connect", "rx": "7", "text": "7"},
    "/kvm/settings": {"text": "[kvm]\n"},
    "drift": {"then": "adopt"},
    "wish": {"session": "s", "do": "push", "text": "all"},
    "/kvm/receivers/{id}/sign-in": {"user": "wang", "password": "secret word"},
    "not-ready": {"reason": "lunch"},
    "force": {"what": "not_ready", "reason": "lunch"},
    "skills": {"skills": {"billing": 3}},
    "break": {"do": "ask"},
    "break-lead": {"do": "grant"},
    "leave": {"in_s": 30, "reason": "lunch"},
    "complaints": {"customer": "k1", "how": "phone"},
    "check": {"number": "+8613800138000"},
    "disposition": {"call": "c-1", "disposition": "sale"},
    "preview": {"campaign": "spring"},
    "dial": {"lead": 7},
    "consult": {"agent": "1002"},
    "transfer": {"leader": True},
    "/agents/{id}/nuisance": {"call": "pbx1-1.2", "reason": "silent"},
    "/nuisance": {"number": "+8613800138000", "reason": "silent"},
    "skip": {"lead": 7},
    "reveal": {"reason": "the customer asked to be called back"},
    "changes": {"name": "王芬"},
    "exports": {"what": "leads"},
    "allocate": {"group": "B", "count": 500},
    "withdraw": {"agent": "1001"},
    "release": {"share": 1.0},
    "close": {"at": 1.8e9},
    "cutover": {"successor": "summer", "at": 1.8e9},
    "trial": {"count": 200},
    "enter": {"level": 2},
    "assign": {"agent": "1001"},
    "take-message": {"message": "vm-1"},
    "return-message": {"message": "vm-1"},
    "call-back": {"message": "vm-1"},
    "message-done": {"message": "vm-1", "result": "solved"},
    "certify": {"skill": "broadband", "days": 365},
    "decertify": {"skill": "broadband", "why": "lapsed"},
    "targets": {"connect_rate": 0.3, "success_rate": 0.02, "calls_per_hour": 12},
}
UNDOCUMENTED = {"/", "/healthz", "/metrics", "/api/v1/openapi.json", "/api/v1/live"}


def _url(route: Route) -> str:
    known = {"agents": "1001", "campaigns": "spring", "batches": "spring"}
    return PREFIX + route.path.replace("{id}", known.get(route.path.split("/")[1], "7"))


async def _document(office: Office) -> dict:
    async with office.client.get("/api/v1/openapi.json") as response:
        return await response.json()


async def test_router_and_document_name_the_same_operations(office: Office) -> None:
    document = await _document(office)
    described = {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}
    routed = {
        (route.method, route.resource.canonical)
        for route in office.desk.app.router.routes()
        if route.method != "HEAD"
        and route.resource.canonical not in UNDOCUMENTED
        and not route.resource.canonical.startswith("/static/")
    }
    assert described == routed
    assert document["openapi"] == "3.1.0"


async def test_every_reference_of_the_document_resolves(office: Office) -> None:
    async with office.client.get("/api/v1/openapi.json") as response:
        text = await response.text()
    names = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert names <= set((await _document(office))["components"]["schemas"])
    assert len({operation_id(route) for route in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=operation_id)
async def test_answers_are_what_the_document_says(office: Office, route: Route) -> None:
    document = await _document(office)
    components = document["components"]["schemas"]
    responses = document["paths"][PREFIX + route.path][route.method.lower()]["responses"]
    office.floor.trouble()
    if route.takes == "csv":
        sent = {"data": b"number\n13800138000\nx\n", "headers": {"Content-Type": "text/csv"}}
    elif route.takes in (None, Nothing):
        sent = {}
    else:
        sent = {"json": BODIES.get(route.path, BODIES.get(route.path.rpartition("/")[2], {}))}
    async with office.client.request(route.method, _url(route), **sent) as response:
        assert response.status == 200, await response.text()
        if route.gives == "file":
            assert response.content_type in responses["200"]["content"]
            return
        schema = responses["200"]["content"]["application/json"]["schema"]
        assert faults(await response.json(), schema, components) == []
    if 409 in route.refuses and route.takes != "csv" and route.name.startswith("ask_") and route.name != "ask_change":
        office.floor.refusal = Refused(code="not_now", words={"why": "x"})
        office.batches.refusal = BatchWishRefused("batch_closed", {"batch": "spring"})
        async with office.client.request(route.method, _url(route), **sent) as response:
            assert response.status == 409
            schema = responses["409"]["content"]["application/json"]["schema"]
            assert faults(await response.json(), schema, components) == []


async def test_no_answer_shows_a_whole_number(office: Office) -> None:
    office.floor.trouble()
    for route in ROUTES:
        if route.method == "GET":
            async with office.client.get(_url(route)) as response:
                text = await response.text()
                assert "13800138000" not in text
                assert "138 0013 8000" not in text
                assert "number_key" not in text
