"""Whole numbers, changes of customers' data and files leave only for those who may, with a reason, and into the trail."""

from collections.abc import Awaitable, Callable

import pytest

from desk.doorbook import MOST_AN_HOUR
from tests.desk.conftest import TOKEN, Office
from tests.desk.fake_books import WHOLE

Open = Callable[..., Awaitable[Office]]
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept-Language": "en"}
WHY = {"reason": "he asked to be called back"}


async def _code(response) -> str:
    return str((await response.json())["code"])


async def test_a_reveal_answers_one_number_and_stands_in_the_trail(opened: Open) -> None:
    office = await opened(simulated=False, roles={"wang": "manager"})
    async with office.client.post("/api/v1/leads/7/reveal", json=WHY, headers=HEADERS) as response:
        assert response.status == 200
        assert await response.json() == {"lead": 7, "number": WHOLE}
        assert response.headers["Cache-Control"] == "no-store"
    assert office.queries.noted == [("wang", "number.reveal", "lead 7", WHY)]


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}])
async def test_a_reveal_without_a_reason_is_refused_and_asks_the_store_nothing(office: Office, body: dict) -> None:
    async with office.client.post("/api/v1/leads/7/reveal", json=body) as response:
        assert response.status == 422
        assert await _code(response) == "reason_missing"
    assert office.queries.noted == []


@pytest.mark.parametrize("role", ["agent", "leader", "operator", "auditor", None])
async def test_a_reveal_without_the_right_is_refused_and_the_attempt_kept(opened: Open, role: str | None) -> None:
    office = await opened(simulated=False, roles={"wang": role} if role else {})
    async with office.client.post("/api/v1/leads/7/reveal", json=WHY, headers=HEADERS) as response:
        assert response.status == 403
        assert WHOLE not in await response.text()
    await office.desk.close()
    assert office.queries.noted == [
        ("wang", "right.missing", "desk", {"right": "number.reveal", "path": "/api/v1/leads/{id}/reveal"})
    ]


async def test_a_reveal_while_the_store_is_sick_is_refused(office: Office) -> None:
    office.queries.sick = True
    async with office.client.post("/api/v1/leads/7/reveal", json=WHY) as response:
        assert response.status == 503
        text = await response.text()
    assert "store_sick" in text
    assert WHOLE not in text


@pytest.mark.parametrize("lead", ["8", "x", "-1", "9" * 30, "%2B86"])
async def test_nobody_is_revealed_who_is_not_there(office: Office, lead: str) -> None:
    async with office.client.post(f"/api/v1/leads/{lead}/reveal", json=WHY) as response:
        assert response.status == 404


async def test_an_agent_asks_for_a_change_and_cannot_approve_it(opened: Open) -> None:
    office = await opened(simulated=False, roles={"wang": "agent"})
    async with office.client.post("/api/v1/leads/7/changes", json={"name": "王芬"}, headers=HEADERS) as response:
        assert response.status == 200
        assert await response.json() == {"id": 7}
    for path in ("/api/v1/changes/7/approve", "/api/v1/changes/7/refuse"):
        async with office.client.post(path, headers=HEADERS) as response:
            assert response.status == 403


async def test_numbers_written_into_a_request_are_masked_when_listed(office: Office) -> None:
    async with office.client.get("/api/v1/changes") as response:
        (row,) = await response.json()
    assert row["after"] == {"name": "王芬 138****8000"}
    assert row["before"]["extra"] == {"note": "138****8000"}


async def test_requests_are_listed_by_state_and_no_other_word(office: Office) -> None:
    async with office.client.get("/api/v1/changes?state=approved") as response:
        assert await response.json() == []
    async with office.client.get("/api/v1/changes?state=lost") as response:
        assert response.status == 422


async def test_an_export_is_a_file_with_its_rows_and_digest(office: Office) -> None:
    body = {"what": "leads", "campaign": "spring"}
    async with office.client.post("/api/v1/exports", json=body) as response:
        assert response.status == 200
        assert response.headers["Content-Disposition"] == 'attachment; filename="leads.csv"'
        assert (response.headers["X-Rows"], response.headers["X-Content-SHA256"]) == ("1", "ab" * 32)
        assert "****" in await response.text()
    assert office.queries.exports == [
        {"what": "leads", "form": "csv", "campaign": "spring", "whole": False, "reason": ""}
    ]


async def test_whole_numbers_are_exported_with_a_reason_only(office: Office) -> None:
    body = {"what": "leads", "whole_numbers": True}
    async with office.client.post("/api/v1/exports", json=body) as response:
        assert response.status == 422
        assert await _code(response) == "reason_missing"
    assert office.queries.exports == []


async def test_an_export_of_an_unknown_campaign_or_kind_is_refused(office: Office) -> None:
    async with office.client.post("/api/v1/exports", json={"what": "leads", "campaign": "x"}) as response:
        assert response.status == 404
    async with office.client.post("/api/v1/exports", json={"what": "everything"}) as response:
        assert response.status == 422


async def test_the_trail_masks_numbers_people_wrote(office: Office) -> None:
    async with office.client.get("/api/v1/audit?act=number&limit=5") as response:
        (row,) = await response.json()
    assert row["words"]["reason"] == "customer asked for 138****8000"


async def test_refusals_are_told_by_rule(office: Office) -> None:
    async with office.client.get("/api/v1/refusals?campaign=spring") as response:
        rows = await response.json()
    assert [row["rule"] for row in rows] == ["window", "frequency", "do_not_call", "abandon_rest"]
    async with office.client.get("/api/v1/refusals?campaign=renewal") as response:
        assert await response.json() == []


async def test_wrong_tokens_stand_in_the_trail_at_a_bounded_rate(guarded: Office) -> None:
    wrong = {"Authorization": "Bearer not-the-token-of-anybody"}
    for _ in range(MOST_AN_HOUR + 5):
        async with guarded.client.get("/api/v1/agents", headers=wrong) as response:
            assert response.status == 401
    guarded.floor.clock.at += 3601
    async with guarded.client.get("/api/v1/agents", headers=wrong) as response:
        assert response.status == 401
    await guarded.desk.close()
    assert len(guarded.queries.noted) == MOST_AN_HOUR + 1
    assert {act for _, act, _, _ in guarded.queries.noted} == {"token.wrong"}
    assert guarded.queries.noted[-1][3] == {"path": "/api/v1/agents", "unwritten_before": "5"}
    assert TOKEN not in str(guarded.queries.noted)
