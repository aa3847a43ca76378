"""What the dev server says at first, which keys it knows, and when it opens a browser."""

import socket
from pathlib import Path

import pytest

from tornado_cli.serve.terminal.browser import has_screen
from tornado_cli.serve.terminal.greeting import network_urls, short
from tornado_cli.serve.terminal.keys import Key, keys_of
from tornado_cli.system.interfaces import outside_addresses


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (b"r", [Key.RELOAD]),
        (b"Q", [Key.QUIT]),
        (b"\n", [Key.SPACE]),
        (b"\nr", [Key.SPACE, Key.RELOAD]),
        (b"x", []),
        (b"\x1b[A", []),
        (b"\x1bOc", []),
        (b"\x04", []),
        (b"quit", []),
        ("ö".encode(), []),
        (b"", []),
    ],
)
def test_a_key_is_a_key_and_nothing_else_is(typed: bytes, meant: list[Key]) -> None:
    assert keys_of(typed) == meant


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"BROWSER": "firefox"}, "linux", True),
        ({"DISPLAY": ""}, "linux", False),
        ({}, "darwin", True),
    ],
)
def test_a_browser_needs_a_screen(environ: dict[str, str], platform: str, expected: bool) -> None:
    assert has_screen(environ, platform) is expected


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_addresses_for_others_are_this_machines_own(family: socket.AddressFamily) -> None:
    for address in outside_addresses(family):
        with socket.socket(family) as mine:
            mine.bind((address, 0))


def test_who_listens_on_one_address_has_no_others_to_show() -> None:
    assert network_urls("http", "127.0.0.1", 8000) == []
    assert network_urls("http", "localhost", 8000) == []


def test_who_listens_on_all_addresses_shows_each_in_a_url() -> None:
    expected = [f"http://{address}:8000" for address in outside_addresses(socket.AF_INET)]
    assert network_urls("http", "0.0.0.0", 8000) == expected
    assert network_urls("http", "*", 8000)[: len(expected)] == expected


def test_a_folder_is_named_from_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert short(Path("/home/ada/shop")) == "~/shop"
    assert short(Path("/home/ada")) == "/home/ada"
    assert short(Path("/srv/shop")) == "/srv/shop"
