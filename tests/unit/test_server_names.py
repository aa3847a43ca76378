"""Which certificate a server name gets."""

import pytest

from tornado_cli.system.tls.server_names import ServerNames, covers

NAMES = (
    ("example.com", "www.example.com"),
    ("*.example.com", "example.com"),
    ("shop.example.com",),
    ("*.shop.example.com",),
    ("xn--bcher-kva.example",),
)


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("example.com", 0),
        ("www.example.com", 0),
        ("WWW.Example.COM", 0),
        ("www.example.com.", 0),
        ("other.example.com", 1),
        ("shop.example.com", 2),
        ("a.shop.example.com", 3),
        ("a.b.example.com", 0),
        ("xn--bcher-kva.example", 4),
        ("unknown.test", 0),
        ("com", 0),
        ("", 0),
        (".", 0),
        (".example.com", 1),
        (None, 0),
    ],
)
def test_a_name_of_its_own_counts_before_a_wildcard_and_the_first_for_all_others(asked: str | None, place: int) -> None:
    assert ServerNames(NAMES).place_of(asked) == place


def test_a_name_in_two_certificates_is_served_with_the_first_and_told() -> None:
    assert list(ServerNames(NAMES).repeated()) == [("example.com", 0, 1)]


@pytest.mark.parametrize(("name", "covered"), [("shop.example.com", True), ("x.example.com", True), ("x.test", False)])
def test_whether_any_certificate_is_for_a_name(name: str, covered: bool) -> None:
    assert ServerNames(NAMES).covers(name) is covered


@pytest.mark.parametrize(
    ("name", "host", "is_covered"),
    [
        ("example.com", "Example.COM.", True),
        ("*.example.com", "shop.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*.com", ".com", False),
        ("*xample.com", "example.com", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "0:0:0:0:0:0:0:1", True),
        ("*.0.0.1", "127.0.0.1", False),
        ("127.0.0.1", "localhost", False),
    ],
)
def test_a_wildcard_is_one_label_and_no_address(name: str, host: str, is_covered: bool) -> None:
    assert covers(name, host) is is_covered
