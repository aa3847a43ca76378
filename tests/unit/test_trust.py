"""Who is trusted to speak for others."""

import socket
from typing import Any

import pytest

from tornado_cli.errors import UsageError
from tornado_cli.http.proxies.trust import Trust


@pytest.mark.parametrize(
    ("trusted", "address", "family", "holds"),
    [
        ("10.0.0.0/8", ("10.1.2.3", 1), socket.AF_INET, True),
        ("10.0.0.0/8", ("11.0.0.1", 1), socket.AF_INET, False),
        ("10.0.0.1", ("10.0.0.1", 1), socket.AF_INET, True),
        ("10.0.0.1", ("::ffff:10.0.0.1", 1, 0, 0), socket.AF_INET6, True),
        ("fe80::/10", ("fe80::1%eth0", 1, 0, 2), socket.AF_INET6, True),
        ("::1", ("::1", 1, 0, 0), socket.AF_INET6, True),
        ("::1", ("127.0.0.1", 1), socket.AF_INET, False),
        ("unix", "", socket.AF_UNIX, True),
        ("unix", b"\0name", socket.AF_UNIX, True),
        ("unix", ("127.0.0.1", 1), socket.AF_INET, False),
        ("0.0.0.0/0", "", socket.AF_UNIX, False),
        # Whom the PROXY protocol has told at a Unix socket.
        ("unix", ("203.0.113.9", 1), socket.AF_UNIX, False),
        ("203.0.113.9", ("203.0.113.9", 1), socket.AF_UNIX, True),
    ],
)
def test_a_peer_is_trusted_by_its_address_or_as_one_at_a_unix_socket(
    trusted: str, address: Any, family: int, holds: bool
) -> None:
    assert Trust([trusted]).holds_for_peer(address, family) is holds


@pytest.mark.parametrize("text", ["", "proxy.example", "10.0.0.1/8", "10.0.0.0/33", "unix:/run/x", "*"])
def test_what_is_no_proxy_s_address_is_an_error_that_names_it(text: str) -> None:
    with pytest.raises(UsageError) as error:
        Trust([text])
    assert f"--trusted-proxies {text} is no address" in str(error.value)
