"""Where plain HTTP is sent on to."""

import pytest

from tornado_cli.http.tls.redirect import https_url


@pytest.mark.parametrize(
    ("host", "port", "target", "url"),
    [
        ("example.com", 443, "/", "https://example.com/"),
        ("example.com:80", 8443, "/a?b=c", "https://example.com:8443/a?b=c"),
        ("Example.COM.", 443, "//evil.example/", "https://example.com//evil.example/"),
        ("[::1]:8080", 8443, "/", "https://[::1]:8443/"),
        ("[::1]", 443, "/", "https://[::1]/"),
        ("user@example.com", 443, "/", None),
        ("example.com/evil", 443, "/", None),
        ("example.com\r\nSet-Cookie: a=b", 443, "/", None),
        ("", 443, "/", None),
        ("example.com", 443, "*", None),
        ("example.com", 443, "http://example.com/", None),
        ("example.com", 443, "example.com:443", None),
    ],
)
def test_a_request_is_sent_to_the_host_that_it_named(host: str, port: int, target: str, url: str | None) -> None:
    assert https_url(host, port, target) == url
