"""What the inspector must not show: values of headers, cookies and fields that are named like secrets."""

import re
from collections.abc import Iterable
from typing import Any

from tornado_cli.logs.masking import MASK, is_secret, mask_query, mask_text
from tornado_cli.serve.browser_tools.hiding import is_secret_name

_COOKIES = "cookie"
_SET_COOKIE = "set-cookie"
_CREDENTIALS = frozenset({"authorization", "proxy-authorization"})
_USERINFO = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_JSON_FIELD = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,}\]]+)')
_INPUT = re.compile(r"<(?:input|meta)\b[^>]*>", re.IGNORECASE)
_NAME = re.compile(r"""\bname\s*=\s*["']?([^\s"'>]+)""", re.IGNORECASE)
_VALUE = re.compile(r"""(\b(?:value|content)\s*=\s*)("[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)


def names_secret(name: str) -> bool:
    """Say whether what is called so is a secret."""
    return is_secret(name) or is_secret_name(name)


def masked_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, _masked_header(name.lower(), value)) for name, value in headers]


def masked_fields(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the fields of a query or a form."""
    return [(name, MASK if value and names_secret(name) else masked_text(value)) for name, value in pairs]


def masked_json(value: Any) -> Any:
    """Return a value of JSON in which whatever is called like a secret is none any more."""
    if isinstance(value, dict):
        return {
            key: MASK if names_secret(key) and item not in (None, "") else masked_json(item)
            for key, item in value.items()
        }
    return [masked_json(item) for item in value] if isinstance(value, list) else value


def masked_text(text: str) -> str:
    """Return text of any kind, in which addresses, fields of JSON and inputs of HTML may stand."""
    text = mask_text(_USERINFO.sub(MASK, text))
    text = _JSON_FIELD.sub(_masked_field, text)
    return _INPUT.sub(_masked_input, text)


def _masked_header(name: str, value: str) -> str:
    if name == _COOKIES:
        return "; ".join(_masked_cookie(cookie) for cookie in value.split("; "))
    if name == _SET_COOKIE:
        cookie, semicolon, attributes = value.partition(";")
        return f"{_masked_cookie(cookie)}{semicolon}{attributes}"
    if name in _CREDENTIALS:
        scheme, _, rest = value.partition(" ")
        return f"{scheme} {MASK}" if rest else MASK
    if names_secret(name):
        return MASK
    return mask_query(value) if value.startswith("/") else masked_text(value)


def _masked_cookie(cookie: str) -> str:
    # Whatever it is called, it may be what somebody is known by.
    name, equals, value = cookie.partition("=")
    return f"{name}{equals}{MASK}" if value else cookie


def _masked_field(match: re.Match[str]) -> str:
    name, colon, value = match.groups()
    return f'"{name}"{colon}"{MASK}"' if names_secret(name) and value != '""' else match[0]


def _masked_input(match: re.Match[str]) -> str:
    name = _NAME.search(match[0])
    if name is None or not names_secret(name[1]):
        return match[0]
    return _VALUE.sub(lambda value: f'{value[1]}"{MASK}"', match[0])
