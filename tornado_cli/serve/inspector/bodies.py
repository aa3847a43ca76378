"""A body as it is shown: unpacked, as text or fields, masked, and no longer than a page bears."""

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from tornado import httputil

from tornado_cli.logs.masking import MASK
from tornado_cli.records import Record
from tornado_cli.serve.inspector.masking import masked_fields, masked_json, masked_text, names_secret

SHOWN = 16 * 1024
"""Characters."""
_GZIP = zlib.MAX_WBITS | 16
_TEXTS = re.compile(r"text/|.*[/+](json|xml|javascript|x-www-form-urlencoded|graphql|yaml|toml)\b", re.IGNORECASE)
_CHARSET = re.compile(r"charset=\"?([\w-]+)", re.IGNORECASE)


class Shown(Record, kw_only=True):
    """Either fields or a text; `note` says what is not shown, and why."""

    text: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    note: str = ""


def shown_body(body: str, size: int, headers: Iterable[tuple[str, str]]) -> Shown:
    """Return what is shown of the beginning of a body, a character a byte, of which there were `size` bytes."""
    if not size:
        return Shown()
    named = {name.lower(): value for name, value in headers}
    kind = named.get("content-type", "")
    data, is_whole = body.encode("latin-1"), len(body) >= size
    encoding = named.get("content-encoding", "identity").lower()
    if encoding != "identity":
        unpacked = _unpacked(data, encoding)
        if unpacked is None:
            return Shown(note=f"{_bytes(size)}, packed by {encoding}.")
        data, is_complete = unpacked
        is_whole = is_whole and is_complete
    if kind.startswith("multipart/form-data"):
        return _parts(data, kind, size) if is_whole else Shown(note=f"{_bytes(size)} of a form with files.")
    if not _is_text(kind, data):
        return Shown(note=f"{_bytes(size)} of {kind or 'something that is no text'}.")
    text = _decoded(data, kind)
    if kind.startswith("application/x-www-form-urlencoded"):
        fields = parse_qsl(text, keep_blank_values=True)
        return Shown(fields=tuple(masked_fields(fields)), note="" if is_whole else _cut(len(data), size))
    text = _pretty(text) if is_whole else masked_text(text)
    is_shown_whole = is_whole and len(text) <= SHOWN
    return Shown(text=text[:SHOWN], note="" if is_shown_whole else _cut(min(len(data), SHOWN), size))


def _is_text(kind: str, data: bytes) -> bool:
    return _TEXTS.match(kind) is not None if kind else b"\0" not in data


def _decoded(data: bytes, kind: str) -> str:
    charset = _CHARSET.search(kind)
    try:
        return data.decode(charset[1] if charset else "utf-8", "replace")
    except LookupError:
        return data.decode("latin-1")


def _pretty(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return masked_text(text)
    if not isinstance(value, dict | list):
        return masked_text(text)
    return json.dumps(masked_json(value), indent=2, ensure_ascii=False)


def _parts(data: bytes, kind: str, size: int) -> Shown:
    arguments: dict[str, list[bytes]] = {}
    files: dict[str, list[httputil.HTTPFile]] = {}
    try:
        httputil.parse_body_arguments(kind, data, arguments, files)
    except httputil.HTTPInputError:
        return Shown(note=f"{_bytes(size)} of a form that cannot be read.")
    values = [(name, value.decode("utf-8", "replace")) for name, all_of in arguments.items() for value in all_of]
    named = [(name, _file(file, name)) for name, all_of in files.items() for file in all_of]
    return Shown(fields=(*masked_fields(values), *named))


def _file(file: Mapping[str, Any], name: str) -> str:
    called = MASK if names_secret(name) else file["filename"]
    return f"file {called}, {_bytes(len(file['body']))} of {file['content_type']}"


def _unpacked(data: bytes, encoding: str) -> tuple[bytes, bool] | None:
    """Return the beginning, and whether it is all; None for what this cannot read."""
    if encoding not in {"gzip", "deflate"}:
        return None
    unpacker = zlib.decompressobj(_GZIP if encoding == "gzip" else zlib.MAX_WBITS)
    try:
        return unpacker.decompress(data, 2 * SHOWN), unpacker.eof
    except zlib.error:
        return None


def _cut(shown: int, size: int) -> str:
    return f"The first {_bytes(shown)} of {_bytes(size)}."


def _bytes(count: int) -> str:
    for unit, factor in (("MiB", 1024 * 1024), ("KiB", 1024)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} byte{'' if count == 1 else 's'}"
