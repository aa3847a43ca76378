"""Sends a request once more: to this server and nowhere else, as it was stored, and marked as made again."""

import asyncio
import contextlib
import secrets
import ssl
from collections.abc import Iterable, Mapping
from typing import Any

from tornado_cli.serve.inspector.notes import Notes
from tornado_cli.serve.inspector.recorder import AGAIN, Expected, Recorder

PATIENCE = 15.0
"""Seconds to wait for the answer."""
_OURS = frozenset(
    {"connection", "keep-alive", "content-length", "transfer-encoding", "expect", "x-request-id", "upgrade"}
)
"""Headers that belong to a connection, or are set here."""


def why_not_again(record: Mapping[str, Any], ports: Iterable[int]) -> str:
    """Say why a request cannot be sent again by a server that listens on these ports; nothing when it can."""
    if any(name.lower() == "upgrade" for name, _ in record.get("request_headers", ())):
        return "A WebSocket is its client's to open."
    if record.get("is_cut") or record["request_size"] > Notes.REQUEST_BODY:
        return "Too long to be kept whole."
    if not record["server"] or record["server"][1] not in set(ports):
        return "It came to an address that is not listened on any more."
    return ""


async def send_again(record: Mapping[str, Any], recorder: Recorder, *, is_traced: bool) -> int:
    """Return the number of the new request, if need be while it goes on; 0 when it has not come to this process."""
    mark = secrets.token_hex(16)
    expected = recorder.expected[mark] = Expected(record["number"], is_traced=is_traced)
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await _exchanged(record["server"], _client_context(record), request_bytes(record, mark))
            await expected.is_answered.wait()
    recorder.expected.pop(mark, None)
    recorder.catch_up()
    return 0 if expected.notes is None else expected.notes.number


def request_bytes(record: Mapping[str, Any], mark: str) -> bytes:
    """Return the request as it goes over the wire."""
    body: bytes = record["request_body"].encode("latin-1")
    headers = [(name, value) for name, value in record["request_headers"] if name.lower() not in _OURS]
    headers += [(AGAIN, mark), ("Connection", "close")]
    headers += [("Content-Length", str(len(body)))] if body or record["method"] not in {"GET", "HEAD"} else []
    lines = [f"{record['method']} {record['path']} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


async def _exchanged(server: tuple[str, int], context: ssl.SSLContext | None, request: bytes) -> None:
    """Send it and read the answer, of which all is noted where it is made."""
    reader, writer = await asyncio.open_connection(*server, ssl=context)
    try:
        writer.write(request)
        while await reader.read(65536):
            pass
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _client_context(record: Mapping[str, Any]) -> ssl.SSLContext | None:
    if not record["is_tls"]:
        return None
    # It goes to ourselves: whose certificate that is, is known.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
