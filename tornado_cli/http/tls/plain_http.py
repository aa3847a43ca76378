"""The answer to plain HTTP on a TLS port: what to ask for instead, made of the first bytes that have come."""

import html
import re
from typing import Final

from tornado_cli.system.addresses import url_of

_TARGET: Final = re.compile(rb"[A-Z]+ (/[!-~]*) HTTP/")
_HOST: Final = re.compile(
    rb"\r\nhost:[ \t]*((?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?)[ \t]*\r\n",
    re.IGNORECASE,
)


def https_url(head: bytes, address: str, port: int) -> str:
    """Return what the client of a plain request should have asked for: by the host that it named, if it did."""
    target, host = _TARGET.match(head), _HOST.search(head)
    path = target[1].decode() if target else "/"
    return f"https://{host[1].decode()}{path}" if host else f"{url_of('https', address, port)}{path}"


def answer_to(head: bytes, url: str) -> bytes:
    """Return the whole answer to a plain request, as a page where a browser asks."""
    is_page = b"text/html" in head
    body = _PAGE.format(url=html.escape(url)) if is_page else f"This port speaks HTTPS: {url}\n"
    lines = (
        "HTTP/1.1 400 Bad Request",
        f"Content-Type: text/{'html' if is_page else 'plain'}; charset=utf-8",
        f"Content-Length: {len(body.encode())}",
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-store",
        "Connection: close",
    )
    head_only = head.startswith(b"HEAD ")
    return ("\r\n".join(lines) + "\r\n\r\n" + ("" if head_only else body)).encode()


_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>This port speaks HTTPS</title>
<style>body {{ font: 1.1rem/1.5 system-ui, sans-serif; margin: 10vh auto; max-width: 36rem;
padding: 0 1rem; overflow-wrap: anywhere }}</style>
<h1>This port speaks HTTPS</h1>
<p>You asked for it by plain HTTP. The same page, encrypted: <a href="{url}">{url}</a></p>
</html>
"""
