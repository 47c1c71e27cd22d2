"""Reading the floor and asking it for things over HTTP."""

import pytest

from desk.batch_ports import Allocate, BatchWishRefused
from telephony.agents import (
    CampaignAction,
    CampaignAsked,
    DispositionGiven,
    NotReadyAsked,
    Refused,
    SeatMode,
    SignInAsked,
)
from telephony.ids import AgentId, CallId, CampaignId
from tests.desk.conftest import Office


async def _fault(response) -> dict:
    assert response.content_type == "application/json"
    fault = await response.json()
    assert fault["code"]
    assert fault["message"]
    return fault


async def test_status_counts_agents_by_state(office: Office) -> None:
    async with office.client.get("/api/v1/status") as response:
        status = await response.json()
    assert sum(status["agents"].values()) == len(office.floor.agents)
    assert status["campaigns"] == {"spring": "running", "renewal": "paused"}
    assert status["not_ready_reasons"] == ["break", "lunch", "training", "meeting"]


async def test_pausing_a_campaign_reaches_the_floor_with_its_actor(office: Office) -> None:
    async with office.client.post("/api/v1/campaigns/spring/pause") as response:
        assert response.status == 200
    assert office.floor.asked == [
        CampaignAsked(actor="simulate", campaign=CampaignId("spring"), action=CampaignAction.PAUSE)
    ]


async def test_agents_ask_with_their_bodies(office: Office) -> None:
    asks = {
        "sign-in": {"mode": "ring_each_call"},
        "not-ready": {"reason": "lunch"},
        "disposition": {"call": "c-9", "disposition": "callback", "callback_at": 1.5, "done": False},
    }
    for verb, body in asks.items():
        async with office.client.post(f"/api/v1/agents/1001/{verb}", json=body) as response:
            assert response.status == 200
    agent = AgentId("1001")
    assert office.floor.asked == [
        SignInAsked(actor="simulate", agent=agent, mode=SeatMode.RING_EACH_CALL),
        NotReadyAsked(actor="simulate", agent=agent, reason="lunch"),
        DispositionGiven(
            actor="simulate", agent=agent, call=CallId("c-9"), disposition="callback", callback_at=1.5, done=False
        ),
    ]


async def test_refusal_is_a_conflict_with_the_code_and_the_words(office: Office) -> None:
    office.floor.refusal = Refused(code="tea_time", words={"until": "16:00", "note": "13800138000"})
    async with office.client.post("/api/v1/agents/1001/ready") as response:
        assert response.status == 409
        fault = await _fault(response)
    assert fault["code"] == "tea_time"
    assert fault["words"] == {"until": "16:00", "note": "138****8000"}
    assert "16:00" in fault["message"]


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "bad_json"),
        (b"\xff\xfe", "application/json", 400, "bad_json"),
        (b"[" * 30_000, "application/json", 422, "wrong_field"),
        (b"[]", "application/json", 422, "wrong_field"),
        (b'{"reason": 5}', "application/json", 422, "wrong_field"),
        (b'{"reason": ""}', "application/json", 422, "wrong_field"),
        (b'{"reasons": "x"}', "application/json", 422, "wrong_field"),
        (b"{}", "application/json", 422, "wrong_field"),
        (b"reason=lunch", "application/x-www-form-urlencoded", 415, "wrong_content_type"),
        (b'{"reason": "lunch"}', "text/plain", 415, "wrong_content_type"),
        (b" " * 70_000, "application/json", 413, "too_large"),
    ],
)
async def test_bad_bodies_get_one_clear_error(office: Office, body: bytes, kind: str, status: int, code: str) -> None:
    async with office.client.post(
        "/api/v1/agents/1001/not-ready", data=body, headers={"Content-Type": kind}
    ) as response:
        assert response.status == status
        assert (await _fault(response))["code"] == code
    assert office.floor.asked == []


async def test_the_wrong_field_is_named_and_its_value_is_not_repeated(office: Office) -> None:
    async with office.client.post("/api/v1/agents/1001/sign-in", json={"mode": "13800138000"}) as response:
        text = await response.text()
    assert "$.mode" in text
    assert "13800138000" not in text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/api/v1/agents/9999/ready", 404, "unknown_agent"),
        ("POST", "/api/v1/campaigns/none/start", 404, "unknown_campaign"),
        ("GET", "/api/v1/campaigns/none", 404, "unknown_campaign"),
        ("GET", "/api/v1/nothing", 404, "no_such_path"),
        ("GET", "/static/../server.py", 404, "no_such_path"),
        ("GET", "/static/%2e%2e/server.py", 404, "no_such_path"),
        ("DELETE", "/api/v1/agents", 405, "wrong_method"),
        ("GET", "/api/v1/calls?limit=0", 422, "wrong_field"),
        ("GET", "/api/v1/calls?limit=many", 422, "wrong_field"),
        ("GET", "/api/v1/calls?before=nan", 422, "wrong_field"),
        ("GET", "/api/v1/calls?colour=red", 422, "unknown_query"),
        ("GET", "/api/v1/live", 426, "not_a_websocket"),
    ],
)
async def test_unknown_things_get_one_clear_error(
    office: Office, method: str, path: str, status: int, code: str
) -> None:
    async with office.client.request(method, path) as response:
        assert response.status == status
        assert (await _fault(response))["code"] == code


async def test_list_is_streamed_and_every_rejected_row_reported(office: Office) -> None:
    rows = b"number,name\n" + b"13800138000,Wang\n" * 20_000 + b"hello,Li\n"
    async with office.client.post(
        "/api/v1/campaigns/spring/leads", data=rows, headers={"Content-Type": "text/csv"}
    ) as response:
        report = await response.json()
    assert (report["accepted"], report["rejected"]) == (20_000, 1)
    assert [(row["line"], row["why"]) for row in report["rows"]] == [(20_002, "not_a_number")]
    assert office.queries.imported == rows


async def test_a_workbook_is_taken_with_the_wishes_of_its_query(office: Office) -> None:
    wishes = {"batch": "first", "file": "list.xlsx", "sheet": "二", "against": "campaign,live", "dry_run": "1"}
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    path = "/api/v1/campaigns/spring/leads"
    async with office.client.post(path, params=wishes, data=b"number\n1\n", headers={"Content-Type": kind}) as response:
        assert response.status == 200
    order = office.queries.order
    assert order is not None
    said = (order.campaign, order.batch, order.file, order.sheet, order.against, order.dry_run)
    assert said == ("spring", "first", "list.xlsx", "二", "campaign,live", True)
    for query, status in (("?batches=x", 422), ("?dry_run=2", 422), ("", 415)):
        async with office.client.post(path + query, data=b"{}", headers={"Content-Type": "image/png"}) as response:
            assert response.status == status


async def test_batches_are_listed_and_what_was_not_taken_of_one(office: Office) -> None:
    async with office.client.get("/api/v1/batches", params={"campaign": "spring", "state": "open"}) as response:
        (batch,) = await response.json()
    assert (batch["id"], batch["rows"], batch["counts"]["repeated"]) == ("spring", 4, 1)
    async with office.client.get("/api/v1/batches/spring/rejects") as response:
        assert await response.json() == [
            {"line": 4, "why": "repeated", "value": "+86138****8000", "cells": ["138****8000"], "serial": 1}
        ]
    async with office.client.get("/api/v1/batches/none/rejects") as response:
        assert (response.status, (await response.json())["code"]) == (404, "unknown_batch")


async def test_list_without_heading_is_refused(office: Office) -> None:
    async with office.client.post(
        "/api/v1/campaigns/spring/leads", data=b"", headers={"Content-Type": "text/csv"}
    ) as response:
        assert response.status == 409
        assert (await _fault(response))["code"] == "no_heading"


async def test_a_fault_of_ours_is_logged_and_told_without_its_details(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("the floor fell in")

    monkeypatch.setattr(office.floor, "view", broken)
    async with office.client.get("/api/v1/agents") as response:
        assert response.status == 500
        fault = await _fault(response)
    assert fault["code"] == "internal"
    assert "fell" not in fault["message"]
    assert "/api/v1/agents" in caplog.text


async def test_errors_speak_the_language_asked_for(office: Office) -> None:
    for accept, expected in {
        "en": "There is no such agent.",
        "en-GB,en;q=0.9,zh;q=0.1": "There is no such agent.",
        "zh-CN,zh;q=0.9,en;q=0.8": "没有这位坐席。",
        "fr": "没有这位坐席。",
        "en;q=x": "没有这位坐席。",
    }.items():
        async with office.client.post("/api/v1/agents/0/ready", headers={"Accept-Language": accept}) as response:
            assert (await _fault(response))["message"] == expected


async def test_how_long_customers_last_stands_in_the_metrics_by_campaign_and_group(office: Office) -> None:
    async with office.client.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    assert 'switchroom_floor_leads_left{campaign="spring",group=""} 5200.0' in lines
    assert 'switchroom_floor_dry_seconds{campaign="spring",group="B"} 14400.0' in lines
    assert [line for line in lines if line.startswith("switchroom_floor_dry_seconds{")] == [
        'switchroom_floor_dry_seconds{campaign="spring",group="B"} 14400.0'
    ]


async def test_a_manager_s_wish_reaches_the_batches_and_a_wrong_one_does_not(office: Office) -> None:
    wish = {"group": "B", "count": 500}
    async with office.client.post("/api/v1/batches/spring/allocate", json=wish) as response:
        assert (response.status, await response.json()) == (200, {"batch": "spring", "moved": 7})
    assert office.batches.asked == [("spring", Allocate(group="B", count=500), "simulate")]
    for body in ({"group": "B", "count": 0}, {"group": "B", "share": 1.5}, {"group": "B", "whole": 1}):
        async with office.client.post("/api/v1/batches/spring/allocate", json=body) as response:
            assert response.status == 422
    office.batches.refusal = BatchWishRefused("batch_none_free", {"batch": "spring"})
    async with office.client.post("/api/v1/batches/spring/allocate", json=wish) as response:
        assert response.status == 409
        assert "spring" in (await response.json())["message"]
    async with office.client.get("/api/v1/batches/nobody/life") as response:
        assert response.status == 404


async def test_metrics_and_health_are_served(office: Office) -> None:
    async with office.client.get("/metrics") as response:
        text = await response.text()
    assert 'switchroom_floor_calls{campaign="spring",stage="ringing"} 27.0' in text
    assert 'switchroom_floor_trunk_healthy{trunk="carrier2"} 0.0' in text
    assert "python_info" in text
    async with office.client.get("/healthz") as response:
        assert await response.json() == {"ok": True}


async def test_every_answer_carries_the_security_headers(office: Office) -> None:
    for path in ("/", "/api/v1/agents", "/api/v1/nothing", "/static/words.js"):
        async with office.client.get(path) as response:
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
            assert "unsafe" not in response.headers["Content-Security-Policy"]
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["X-Frame-Options"] == "DENY"
    async with office.client.get("/static/words.js", headers={"If-None-Match": response.headers["ETag"]}) as again:
        assert again.status == 304
