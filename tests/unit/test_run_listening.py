"""Where `tcli run` listens: by which of the settings, and in which words."""

from pathlib import Path

import pytest

from tornado_cli.config.run import RunConfig
from tornado_cli.errors import UsageError
from tornado_cli.run.listening import binds_of, first_port, in_words, settled, tcp_hosts, urls_of
from tornado_cli.system.binds import TcpBind, UnixBind
from tornado_cli.system.open_addresses import OpenAddresses

FLAG, OWN, FILE = "command line", "TCLI_RUN_BIND", "pyproject.toml"
HERE = Path("/srv/shop")


def listens_on(config: RunConfig) -> list[str]:
    return [str(bind) for bind in binds_of(settled(config), HERE)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "127.0.0.1:8000"),
        ({"bind": FILE}, "127.0.0.1:1"),
        ({"bind": FLAG, "port": FILE}, "127.0.0.1:1"),
        ({"bind": FLAG, "host": OWN, "port": "PORT"}, "127.0.0.1:1"),
        ({"bind": OWN, "port": "PORT"}, "127.0.0.1:1"),
        ({"bind": OWN, "host": FILE, "port": FILE}, "127.0.0.1:1"),
        ({"bind": OWN, "port": FLAG}, "127.0.0.1:8000"),
        ({"bind": FILE, "host": "TCLI_RUN_HOST"}, "127.0.0.1:8000"),
        ({"bind": FILE, "port": "PORT"}, "0.0.0.0:8000"),
        ({"bind": FILE, "port": "PORT", "host": FILE}, "127.0.0.1:8000"),
    ],
)
def test_the_place_that_counts_first_decides(given: dict[str, str], expected: str) -> None:
    bind = ("127.0.0.1:1",) if "bind" in given else ()
    assert listens_on(RunConfig(bind=bind, given=given)) == [expected]


@pytest.mark.parametrize(
    "given",
    [
        {"bind": FLAG, "host": FLAG},
        {"bind": FLAG, "port": FLAG, "host": FILE},
        {"bind": FILE, "port": FILE},
        {"bind": OWN, "port": "TCLI_RUN_PORT"},
    ],
)
def test_both_in_the_same_place_are_a_usage_error(given: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="--bind excludes --host and --port"):
        settled(RunConfig(bind=("127.0.0.1:1",), given=given))


def test_an_empty_list_says_nothing() -> None:
    assert listens_on(RunConfig(bind=(), port=9, given={"bind": FILE, "port": FILE})) == ["127.0.0.1:9"]


def test_what_is_named_twice_is_listened_on_once_and_in_the_order_of_the_names() -> None:
    config = RunConfig(bind=("unix:a", "127.0.0.1:1", f"unix:{HERE}/a"), given={"bind": FLAG})
    assert listens_on(config) == ["unix:/srv/shop/a", "127.0.0.1:1"]


def test_every_address_is_shown_as_one_types_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    addresses = OpenAddresses(16)
    try:
        listeners = addresses.open([UnixBind(Path("app.sock")), TcpBind("localhost", 0), TcpBind("127.0.0.1", 0)])
        port = first_port(listeners)
        assert port
        assert urls_of(listeners, "https")[:2] == ["unix:app.sock", f"https://localhost:{port}"]
        assert set(tcp_hosts(listeners)) <= {"localhost", "127.0.0.1"}
        assert first_port(listeners[:1]) is None
    finally:
        addresses.close()


def test_addresses_are_listed_as_in_a_sentence() -> None:
    assert in_words(["a"]) == "a"
    assert in_words(["a", "b"]) == "a and b"
    assert in_words(["a", "b", "c"]) == "a, b and c"
