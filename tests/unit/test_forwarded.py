"""What trusted proxies say of a request, and what is believed of it."""

import contextlib
import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.http.proxies.forwarded import Misleading, Told, address_of, elements_of, told_by
from tornado_cli.http.proxies.trust import Trust

PROXIES = Trust(["10.0.0.0/8", "fd00::/8", "192.0.2.1"])
CLIENT = "203.0.113.9"
ADDRESSES = st.ip_addresses().map(str)
OUR_ADDRESSES = st.integers(1, 254).map(lambda number: f"10.0.0.{number}")
# What fits into a header (RFC 9110, 5.5), but for what is no ASCII.
FIELD_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)


def told(headers: Mapping[str, str]) -> Told:
    return told_by(headers, PROXIES.holds_for)


def x_forwarded(addresses: str, protocols: str | None = None, hosts: str | None = None) -> dict[str, str]:
    values = {"X-Forwarded-For": addresses, "X-Forwarded-Proto": protocols, "X-Forwarded-Host": hosts}
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize(
    ("addresses", "client"),
    [
        (CLIENT, CLIENT),
        (f"6.6.6.6, {CLIENT}", CLIENT),
        (f"6.6.6.6, {CLIENT}, 10.0.0.1", CLIENT),
        (f"{CLIENT},10.0.0.2 , 10.0.0.1,", CLIENT),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        (f"nonsense, , {CLIENT}", CLIENT),
        (f"{CLIENT}:4711", CLIENT),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:DB8:0::7]:80", "2001:db8::7"),
        (f"::ffff:{CLIENT}", CLIENT),
        ("6.6.6.6, fd00::1", "6.6.6.6"),
        ("6.6.6.6, ::ffff:10.0.0.1", "6.6.6.6"),
        ("unknown", None),
        ("6.6.6.6, unknown, 10.0.0.1", "10.0.0.1"),
        ("", None),
    ],
)
def test_the_client_is_the_first_from_the_right_that_is_no_proxy(addresses: str, client: str | None) -> None:
    assert told(x_forwarded(addresses)) == Told(client)


@pytest.mark.parametrize(
    ("addresses", "protocols", "protocol"),
    [
        (CLIENT, "https", "https"),
        (CLIENT, "HTTPS", "https"),
        (CLIENT, "wss", "https"),
        (CLIENT, "ws", "http"),
        (CLIENT, "http, https", "https"),
        (f"6.6.6.6, {CLIENT}, 10.0.0.1", "http, https, http", "https"),
        (f"{CLIENT}, 10.0.0.1", "https, http", "https"),
        (f"{CLIENT}, 10.0.0.1", "https", "https"),
        ("", "https", "https"),
        ("", "", None),
    ],
)
def test_protocol_and_host_are_what_the_outermost_proxy_said(
    addresses: str, protocols: str, protocol: str | None
) -> None:
    hosts = protocols.lower().replace("http", "host").replace("ws", "host")
    given = told(x_forwarded(addresses, protocols, hosts))
    assert given.protocol == protocol
    assert (given.host is None) == (protocol is None)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("for=203.0.113.9;proto=https;host=shop.example", Told(CLIENT, "https", "shop.example")),
        ('For="203.0.113.9:4711" ; Host="Shop.example:8443";by=_p', Told(CLIENT, None, "shop.example:8443")),
        ('for="[2001:db8::7]:80"', Told("2001:db8::7")),
        ('for="\\203.0.113.9"', Told(CLIENT)),
        ("for=6.6.6.6;proto=http, for=203.0.113.9;proto=https, for=10.0.0.1;proto=http", Told(CLIENT, "https")),
        ("for=6.6.6.6, for=_hidden;proto=https, for=10.0.0.1", Told("10.0.0.1", "https")),
        ("for=6.6.6.6, proto=https", Told(None, "https")),
        ('for=6.6.6.6;secret="a,b;c=\\"d", for=203.0.113.9', Told(CLIENT)),
        (", for=unknown ,", Told()),
        ("for=10.0.0.9;proto=https, for=10.0.0.8;proto=http", Told("10.0.0.9", "https")),
        ("", Told()),
    ],
)
def test_forwarded_is_read_as_its_rfc_says(header: str, expected: Told) -> None:
    assert told({"Forwarded": header}) == expected


@pytest.mark.parametrize(
    "headers",
    [
        x_forwarded("203.0.113.9, nonsense"),
        x_forwarded("203.0.113.9, 10.0.0.999"),
        x_forwarded("fe80::1%eth0"),
        x_forwarded("203.0.113.9:http"),
        x_forwarded(CLIENT, "gopher"),
        x_forwarded(CLIENT, "https", "a b"),
        x_forwarded(CLIENT, "https", "user@shop.example"),
        {"Forwarded": "for=2001:db8::7"},
        {"Forwarded": 'for="203.0.113.9'},
        {"Forwarded": 'for="x, for=203.0.113.9'},
        {"Forwarded": 'for=6.6.6.6;a=", for="[2001:db8::7]"'},
        {"Forwarded": "for=203.0.113.9;for=203.0.113.9"},
        {"Forwarded": "203.0.113.9"},
        {"Forwarded": "for = 203.0.113.9"},
        {"Forwarded": "for=203.0.113.9 proto=https"},
        {"Forwarded": 'for=""'},
        {"Forwarded": "for=203.0.113.9;proto=gopher"},
    ],
)
def test_what_no_proxy_could_have_meant_is_misleading(headers: dict[str, str]) -> None:
    with pytest.raises(Misleading):
        told(headers)


def test_both_kinds_of_headers_have_to_say_the_same() -> None:
    same = {"Forwarded": "for=203.0.113.9;proto=https;host=a", **x_forwarded(CLIENT, "https", "A")}
    assert told(same) == Told(CLIENT, "https", "a")
    for difference in (x_forwarded("6.6.6.6"), x_forwarded(CLIENT, "http"), x_forwarded(CLIENT, "https", "b")):
        with pytest.raises(Misleading):
            told({**same, **difference})


def test_one_kind_of_headers_adds_nothing_to_the_other() -> None:
    # A proxy hands on what it does not know, and its client may have written it.
    with pytest.raises(Misleading):
        told({"Forwarded": f"for={CLIENT};proto=https", **x_forwarded(CLIENT)})


@given(FIELD_TEXT, ADDRESSES, st.lists(OUR_ADDRESSES, max_size=3))
def test_whatever_a_client_writes_the_proxy_s_word_counts(written: str, client: str, proxies: list[str]) -> None:
    chain = [client, *proxies]
    expected = address_of(client)
    if PROXIES.holds_for(client):
        return
    assert told(x_forwarded(", ".join([written, *chain]))).address == expected


@given(FIELD_TEXT, ADDRESSES)
def test_whatever_a_client_writes_into_forwarded_the_proxy_s_word_counts_or_none(written: str, client: str) -> None:
    node = f'"[{client}]"' if ":" in client else client
    try:
        address = told({"Forwarded": f"{written}, for={node};proto=https"}).address
    except Misleading:
        return
    assert address == address_of(client) or PROXIES.holds_for(client)


@given(st.lists(st.dictionaries(st.sampled_from(["for", "proto", "host", "by", "x"]), FIELD_TEXT, min_size=1)))
def test_forwarded_comes_back_as_it_was_written(elements: list[dict[str, str]]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'

    header = ", ".join(";".join(f"{name}={quoted(text)}" for name, text in one.items()) for one in elements)
    assert elements_of(header) == elements


@pytest.mark.parametrize("unit", [" ", ";", ",", "a", 'a="', "a=b;", "\\", '"', "=", "1.", "_"])
def test_the_longest_of_headers_is_read_in_no_time(unit: str) -> None:
    text = unit * (32 * 1024 // len(unit))
    began = time.process_time()
    for header in ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded"):
        for value in (text, f";{text}(", f'a="{text}', f"for=_{text}("):
            with contextlib.suppress(Misleading):
                told({header: value})
    assert time.process_time() - began < 2


@given(FIELD_TEXT)
def test_any_text_is_told_or_misleading(text: str) -> None:
    for header in ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"):
        try:
            told({header: text})
        except Misleading:
            continue
