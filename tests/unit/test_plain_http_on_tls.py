"""The answer to plain HTTP on a TLS port: whatever was sent, it is one answer, and nothing of it is markup."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.http.tls.plain_http import answer_to, https_url

URL = re.compile(r"https://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?(/[!-~]*)")


@pytest.mark.parametrize(
    ("head", "url"),
    [
        (b"GET /a?b HTTP/1.1\r\nHost: example.com\r\n\r\n", "https://example.com/a?b"),
        (b"GET / HTTP/1.1\r\nAccept: */*\r\nhOsT:example.com:8443\r\n\r\n", "https://example.com:8443/"),
        (b"GET / HTTP/1.1\r\nX-Host: evil.example\r\n\r\n", "https://127.0.0.1:8443/"),
        (b"GET / HTTP/1.1\r\nHost: evil.example/@\r\n\r\n", "https://127.0.0.1:8443/"),
        (b"GET http://example.com/ HTTP/1.1\r\n\r\n", "https://127.0.0.1:8443/"),
        (b"GET /cut-off-by-the-end-of-what-was-rea", "https://127.0.0.1:8443/"),
        (b"PRI * HTTP/2.0\r\n\r\n", "https://127.0.0.1:8443/"),
    ],
)
def test_the_address_is_that_which_was_meant(head: bytes, url: str) -> None:
    assert https_url(head, "127.0.0.1", 8443) == url


@given(st.binary(max_size=300), st.binary(max_size=60), st.booleans())
def test_whatever_is_sent_it_is_one_answer(target: bytes, host: bytes, is_browser: bool) -> None:
    accept = b"Accept: text/html\r\n" if is_browser else b""
    head = b"GET /" + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + accept + b"\r\n"
    url = https_url(head, "::1", 8443)
    assert URL.fullmatch(url)
    fields, _, body = answer_to(head, url).decode().partition("\r\n\r\n")
    assert fields.startswith("HTTP/1.1 400 Bad Request\r\n")
    assert f"Content-Length: {len(body.encode())}" in fields
    if "text/html" in fields:
        assert body.count(html.escape(url)) == 2
        assert body.count("<a ") == 1
    else:
        assert body == f"This port speaks HTTPS: {url}\n"
