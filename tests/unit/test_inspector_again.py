"""A request is sent again as it was stored, to this server and nowhere else, and nobody waits for it for ever."""

import asyncio
from typing import Any

import pytest

from tornado_cli.serve.inspector import again
from tornado_cli.serve.inspector.again import request_bytes, send_again, why_not_again
from tornado_cli.serve.inspector.notes import Notes
from tornado_cli.serve.inspector.recorder import AGAIN, Recorder
from tornado_cli.serve.inspector.store import RequestStore, new_store


def stored(**changes: Any) -> dict[str, Any]:
    return {
        "number": 7,
        "method": "POST",
        "path": "/order?page=2",
        "server": ["127.0.0.1", 8000],
        "is_tls": False,
        "request_headers": [("Host", "localhost:8000"), ("Cookie", "sid=1"), ("Content-Length", "3")],
        "request_body": "a\xe9b",
        "request_size": 3,
        **changes,
    }


def test_it_goes_over_the_wire_as_it_came_but_for_what_belongs_to_a_connection() -> None:
    headers = [("Transfer-Encoding", "chunked"), ("Connection", "keep-alive"), ("X-Odd", "\xe9")]
    assert request_bytes(stored(request_headers=headers), "mark") == (
        b"POST /order?page=2 HTTP/1.1\r\nX-Odd: \xe9\r\nX-Tcli-Again: mark\r\nConnection: close\r\n"
        b"Content-Length: 3\r\n\r\na\xe9b"
    )


def test_what_has_no_body_says_nothing_of_one() -> None:
    assert b"Content-Length" not in request_bytes(stored(method="GET", request_body=""), "mark")
    assert b"Content-Length: 0" in request_bytes(stored(method="DELETE", request_body=""), "mark")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"request_headers": [("upgrade", "websocket")]}, "WebSocket"),
        ({"request_size": Notes.REQUEST_BODY + 1}, "Too long"),
        ({"is_cut": True}, "Too long"),
        ({"server": ["127.0.0.1", 1]}, "not listened on"),
        ({"server": []}, "not listened on"),
        ({}, ""),
    ],
)
def test_why_it_cannot_be_sent_is_said(changes: dict[str, Any], word: str) -> None:
    said = why_not_again(stored(**changes), [8000])
    assert word in said
    assert bool(said) == bool(word)


def test_what_does_not_end_is_shown_while_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "PATIENCE", 0.05)
    recorder = Recorder(RequestStore(new_store()))

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        mark = head.partition(f"{AGAIN}: ")[2].partition("\r\n")[0]
        notes = recorder.expected[mark].notes = Notes("POST", "/order", [])
        notes.number = 8
        await reader.read()
        writer.close()

    async def both() -> int:
        server = await asyncio.start_server(take, "127.0.0.1", 0)
        address = list(server.sockets[0].getsockname())
        try:
            return await send_again(stored(server=address), recorder, is_traced=False)
        finally:
            server.close()
            await server.wait_closed()

    assert asyncio.run(both()) == 8
    assert recorder.expected == {}


def test_what_nobody_takes_is_nobody_s() -> None:
    recorder = Recorder(RequestStore(new_store()))
    # Nobody may listen there.
    assert asyncio.run(send_again(stored(server=["127.0.0.1", 1]), recorder, is_traced=False)) == 0
    assert recorder.expected == {}
