"""Which hosts a header names, and which of them are allowed."""

import socket
from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.errors import UsageError
from tornado_cli.http.hosts.patterns import development_patterns, host_of, is_allowed, patterns_of

LABELS = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?", fullmatch=True)
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
PORTS = st.just("") | st.integers(1, 65535).map(lambda port: f":{port}")


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("example.com", "example.com"),
        ("Example.COM:8000", "example.com"),
        ("example.com.", "example.com"),
        ("example.com.:80", "example.com"),
        ("example.com:", "example.com"),
        ("my_service:80", "my_service"),
        ("10.0.0.1:80", "10.0.0.1"),
        ("[::1]:8000", "::1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
        ("[2001:DB8::A]", "2001:db8::a"),
        ("", None),
        ("example.com..", None),
        (".example.com", None),
        ("a..b", None),
        ("::1", None),
        ("[::1", None),
        ("[::1]x", None),
        ("[::g]", None),
        ("[1:2]", None),
        ("[fe80::1%25eth0]", None),
        ("example.com:80:80", None),
        ("example.com:http", None),
        ("example.com:123456", None),
        ("user@example.com", None),
        ("a.example,b.example", None),
        ("example.com/path", None),
        ("exa mple.com", None),
        ("ex%61mple.com", None),
        ("example.com\n", None),
        ("bücher.example", None),
    ],
)
def test_a_header_names_one_host_or_is_malformed(header: str, host: str | None) -> None:
    assert host_of(header) == host


@pytest.mark.parametrize(
    ("pattern", "allowed", "refused"),
    [
        ("example.com", ["example.com", "EXAMPLE.com:81"], ["www.example.com", "example.com.evil", "xexample.com", ""]),
        ("Example.com.", ["example.com"], ["example.org"]),
        (".example.com", ["example.com", "a.b.example.com."], ["badexample.com", "com"]),
        ("*.example.com", ["a.example.com"], ["example.com", "aexample.com"]),
        ("bücher.example", ["xn--bcher-kva.example"], ["bucher.example"]),
        ("10.0.0.1", ["10.0.0.1:8000"], ["10.0.0.2", "10.0.0.1.nip.io"]),
        ("127.0.0.0/8", ["127.0.0.1", "127.9.9.9:1"], ["128.0.0.1", "127.1", "2130706433", "0x7f.1", "127.0.0.01"]),
        ("::1", ["[::1]", "[0::1]:8000"], ["[::2]", "[::ffff:127.0.0.1]", "::1"]),
        ("fd00::/8", ["[fd12::1]:80"], ["[fe80::1]"]),
        ("*", ["whatever", "", "a,b"], []),
    ],
)
def test_a_pattern_allows_what_it_says_and_no_more(pattern: str, allowed: list[str], refused: list[str]) -> None:
    patterns = patterns_of(["other.example", pattern])
    assert [header for header in allowed if not is_allowed(header, patterns)] == []
    assert [header for header in refused if is_allowed(header, patterns)] == []


@pytest.mark.parametrize(
    "text",
    ["", ".", "*.", "**", "a.*.b", "example.com:80", "http://example.com", "10.0.0.1/8", "[::1]:80", "a b", "é" * 99],
)
def test_what_is_no_pattern_is_an_error_that_names_it(text: str) -> None:
    with pytest.raises(UsageError) as error:
        patterns_of(["example.com", text])
    assert f"--allowed-hosts {text} is no host" in str(error.value)


@given(NAMES, PORTS, st.booleans())
def test_a_name_is_its_own_pattern_whatever_its_case_port_or_dot(name: str, port: str, has_dot: bool) -> None:
    header = f"{name.swapcase()}{'.' if has_dot else ''}{port}"
    assert is_allowed(header, patterns_of([name]))
    assert not is_allowed(f"x{header}", patterns_of([name]))
    assert is_allowed(f"x.{header}", patterns_of([f".{name}"]))


@given(st.ip_addresses(v=6), PORTS)
def test_an_ipv6_address_is_the_same_in_each_way_to_write_it(address: IPv6Address, port: str) -> None:
    for text in (address.exploded, address.compressed, address.exploded.upper()):
        assert is_allowed(f"[{text}]{port}", patterns_of([address.compressed]))


@given(st.text(max_size=30))
def test_any_text_is_a_header_and_a_malformed_one_is_never_allowed(text: str) -> None:
    if host_of(text) is None:
        assert not is_allowed(text, patterns_of(["localhost", ".example.com", "0.0.0.0/0", "::/0"]))


def test_a_server_on_one_address_is_reached_by_it_and_by_localhost() -> None:
    patterns = patterns_of(development_patterns("192.0.2.7"))
    for header in ("localhost:8000", "shop.localhost", "127.0.0.1", "127.0.0.2:80", "[::1]", "192.0.2.7:8000"):
        assert is_allowed(header, patterns), header
    for header in ("192.0.2.8", "evil.example", "localhost.evil.example", socket.gethostname()):
        assert not is_allowed(header, patterns), header


@pytest.mark.parametrize("bound", ["0.0.0.0", "::", "*", "[::]"])
def test_a_server_on_all_addresses_is_reached_by_the_name_of_its_machine(bound: str) -> None:
    patterns = patterns_of(development_patterns(bound))
    assert is_allowed(f"{socket.gethostname()}:8000", patterns)
    assert not is_allowed("evil.example", patterns)
