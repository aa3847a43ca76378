"""Whether a request is for one of our hosts, and from this machine."""

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from tornado_cli.http.hosts.hosts import Hosts, is_loopback_peer


@pytest.mark.parametrize(
    ("headers", "allows"),
    [
        ({"Host": "localhost:8000"}, True),
        ({"Host": "evil.example"}, False),
        ({"Host": ""}, False),
        ({}, False),
        # A tunnel in front has been asked for another name than it hands on.
        ({"Host": "localhost:8000", "X-Forwarded-Host": "shop.tunnel.example"}, False),
        ({"Host": "localhost:8000", "X-Forwarded-Host": "localhost"}, True),
    ],
)
def test_a_request_is_for_us_by_each_name_that_it_has_had(headers: dict[str, str], allows: bool) -> None:
    assert Hosts(["localhost"]).allows(headers) is allows


@pytest.mark.parametrize(
    ("family", "address", "is_here"),
    [
        (socket.AF_INET, ("127.0.0.1", 1), True),
        (socket.AF_INET, ("127.8.8.8", 1), True),
        (socket.AF_INET, ("192.0.2.1", 1), False),
        (socket.AF_INET6, ("::1", 1, 0, 0), True),
        (socket.AF_INET6, ("::ffff:127.0.0.1", 1, 0, 0), True),
        (socket.AF_INET6, ("fe80::1%eth0", 1, 0, 2), False),
        (socket.AF_UNIX, "", False),
    ],
)
def test_a_peer_is_on_this_machine_by_its_connection_whatever_it_claims(
    family: int, address: Any, is_here: bool
) -> None:
    context = SimpleNamespace(address_family=family, address=address, remote_ip="127.0.0.1")
    assert is_loopback_peer(SimpleNamespace(context=context)) is is_here
