"""Bytes that are no HTTP: one JSON error, a closed connection, and the desk lives on."""

import asyncio
import json

import pytest

from tests.desk.conftest import Office


async def _say(office: Office, *, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", office.port)
    writer.write(sent)
    got = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    await writer.wait_closed()
    return got


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(60),
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: 1\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /api/v1/agents/1001/ready HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=["words", "tls", "version", "header", "nul", "length", "smuggled", "long_header", "long_path"],
)
async def test_garbage_gets_one_json_error(office: Office, sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    head, _, body = (await _say(office, sent=sent)).partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    assert head.count(b"HTTP/1.") == 1
    assert json.loads(body)["code"] in {"bad_request", "too_large", "wrong_method", "no_such_path"}
    assert "Traceback" not in caplog.text
    async with office.client.get("/healthz") as response:
        assert response.status == 200


async def test_a_silent_or_broken_connection_harms_nobody(office: Office) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", office.port)
    writer.write(
        b"POST /api/v1/campaigns/spring/leads HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\nnum"
    )
    await writer.drain()
    writer.transport.abort()
    async with office.client.get("/healthz") as response:
        assert response.status == 200
