"""Addresses that stay keep their sockets; those that go, go whole."""

import errno
import os
import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.ports import free_port

from tornado_cli.system.addresses import ListenError
from tornado_cli.system.binds import Bind, InheritedBind, RedirectBind, TcpBind, UnixBind
from tornado_cli.system.listeners import PortTaken
from tornado_cli.system.open_addresses import OpenAddresses

FREE = TcpBind("127.0.0.1", 0)


@pytest.fixture
def addresses() -> Iterator[OpenAddresses]:
    addresses = OpenAddresses(16)
    yield addresses
    addresses.close()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder whose sockets have short paths."""
    monkeypatch.chdir(tmp_path)
    return Path()


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def test_what_is_asked_for_again_is_the_very_socket(addresses: OpenAddresses, short: Path) -> None:
    binds: list[Bind] = [FREE, UnixBind(short / "app.sock")]
    first = addresses.open(binds)
    assert addresses.open(list(reversed(binds))) == list(reversed(first))
    assert addresses.keep_only(first) == []


def test_one_address_that_two_names_stand_for_is_one_socket(addresses: OpenAddresses) -> None:
    port = free_port()
    [one] = addresses.open([TcpBind("127.0.0.1", port)])
    more = addresses.open([TcpBind("localhost", port), TcpBind("127.0.0.1", port)])
    assert more[0] is one
    assert len({listener.descriptor for listener in more}) == len(more)


def test_what_is_dropped_is_closed_and_its_file_removed(addresses: OpenAddresses, short: Path) -> None:
    unix = UnixBind(short / "app.sock")
    tcp, path = addresses.open([FREE, unix])
    assert addresses.keep_only([tcp]) == [path]
    assert path.socket.fileno() == -1
    assert not unix.path.exists()
    assert addresses.open([FREE]) == [tcp]


def test_when_one_cannot_be_opened_none_is(addresses: OpenAddresses, short: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        with pytest.raises(PortTaken):
            addresses.open([UnixBind(short / "app.sock"), TcpBind("127.0.0.1", port_of(other))])
        assert not (short / "app.sock").exists()
        assert addresses.latest == []


def test_a_refusal_leaves_what_was_open_as_it_was(addresses: OpenAddresses, short: Path) -> None:
    kept = addresses.open([FREE, UnixBind(short / "app.sock")])
    with pytest.raises(ListenError, match="There is no folder"):
        addresses.open([FREE, UnixBind(short / "nowhere" / "app.sock")])
    assert addresses.open([FREE, UnixBind(short / "app.sock")]) == kept


def test_an_address_of_ours_that_stands_in_the_way_is_told_from_somebody_elses(addresses: OpenAddresses) -> None:
    port = free_port()
    addresses.open([TcpBind("127.0.0.1", port)])
    with pytest.raises(ListenError, match=rf"0\.0\.0\.0:{port} cannot .* listens on 127\.0\.0\.1:{port}") as caught:
        addresses.open([TcpBind("0.0.0.0", port)])
    assert "restart" in caught.value.hint


def test_a_listener_of_ours_at_the_same_port_of_another_address_is_not_blamed(addresses: OpenAddresses) -> None:
    with socket.create_server(("127.0.0.2", 0)) as other:
        addresses.open([TcpBind("127.0.0.1", port_of(other))])
        with pytest.raises(PortTaken):
            addresses.open([TcpBind("127.0.0.2", port_of(other))])


def test_a_path_from_which_the_file_was_removed_is_listened_on_anew(addresses: OpenAddresses, short: Path) -> None:
    unix = UnixBind(short / "app.sock")
    [lost] = addresses.open([unix])
    unix.path.unlink()
    [found] = addresses.open([unix])
    assert addresses.keep_only([found]) == [lost]
    assert unix.path.is_socket()


def test_a_final_stop_closes_at_once_and_removes_files_at_the_end(addresses: OpenAddresses, short: Path) -> None:
    [listener] = addresses.open([UnixBind(short / "app.sock")])
    addresses.let_go()
    assert listener.socket.fileno() == -1
    assert (short / "app.sock").is_socket()
    addresses.close()
    assert not (short / "app.sock").exists()


@pytest.mark.outside("linux")
def test_who_comes_when_an_address_goes_finds_it_gone_and_who_came_before_can_be_accepted(
    addresses: OpenAddresses,
) -> None:
    [listener] = addresses.open([FREE])
    name = listener.socket.getsockname()
    # As a worker does, which holds it longer.
    with listener.socket.dup() as theirs, socket.create_connection(name) as before, socket.socket() as after:
        after.setblocking(False)
        addresses.keep_only([])
        after.connect_ex(name)
        theirs.accept()[0].close()
        assert before.recv(1) == b""
        with pytest.raises(BlockingIOError):
            theirs.accept()
        theirs.close()
        select.select([], [after], [], 20)
        assert after.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED


# ---- what was inherited ----


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX])
def test_an_inherited_listener_is_taken_as_it_is(
    addresses: OpenAddresses, short: Path, family: socket.AddressFamily
) -> None:
    where = ("127.0.0.1", 0) if family == socket.AF_INET else str(short / "theirs.sock")
    with socket.socket(family) as theirs:
        theirs.bind(where)
        theirs.listen()
        name = theirs.getsockname()
        [ours] = addresses.open([InheritedBind(os.dup(theirs.fileno()))])
        assert ours.socket.getsockname() == name
        assert not ours.socket.get_inheritable()
        addresses.close()
        # It is for others to close for good, and to remove.
        with socket.socket(family) as client:
            client.connect(name)
    assert family == socket.AF_INET or (short / "theirs.sock").is_socket()


def test_what_is_no_listening_stream_socket_is_told_and_left_open(addresses: OpenAddresses, short: Path) -> None:
    (short / "file").touch()
    with (
        (short / "file").open() as file,
        socket.socket() as bound,
        socket.socket(type=socket.SOCK_DGRAM) as datagrams,
    ):
        bound.bind(("127.0.0.1", 0))
        datagrams.bind(("127.0.0.1", 0))
        for one, reason in (
            (file.fileno(), "no socket"),
            (bound.fileno(), "no listening stream socket"),
            (datagrams.fileno(), "no listening stream socket"),
            (999_999, "not open"),
        ):
            with pytest.raises(ListenError, match=f"fd:{one} is {reason}"):
                addresses.open([InheritedBind(one)])
        bound.listen()


def test_a_listener_of_our_own_is_not_taken_for_an_inherited_one(addresses: OpenAddresses) -> None:
    [own] = addresses.open([FREE])
    with pytest.raises(ListenError, match=f"fd:{own.descriptor} was not inherited"):
        addresses.open([FREE, InheritedBind(own.descriptor)])
    assert addresses.open([FREE]) == [own]


# ---- any history ----

PLACES = [FREE, TcpBind("localhost", 0), TcpBind("::1", 0), UnixBind(Path("a")), UnixBind(Path("b"))]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.lists(st.sampled_from(PLACES), min_size=1, unique=True), min_size=1, max_size=6))
def test_after_any_history_exactly_what_was_asked_for_last_is_open(short: Path, history: list[list[Bind]]) -> None:
    assert short == Path()
    addresses = OpenAddresses(16)
    before: dict[object, socket.socket] = {}
    try:
        for binds in history:
            now = addresses.open(binds)
            gone = addresses.keep_only(now)
            assert all(listener.socket.fileno() == -1 for listener in gone)
            assert all(before.get(one.place, one.socket) is one.socket for one in now)
            assert {path.name for path in short.iterdir()} == {str(b.path) for b in binds if isinstance(b, UnixBind)}
            before = {listener.place: listener.socket for listener in now}
    finally:
        addresses.close()
    assert list(short.iterdir()) == []


def test_an_address_that_only_sends_on_is_another_one_than_one_that_serves(addresses: OpenAddresses) -> None:
    served, redirecting = addresses.open([FREE, RedirectBind("127.0.0.1", 0)])
    assert (served.redirects, redirecting.redirects) == (False, True)
    assert addresses.open([FREE, RedirectBind("127.0.0.1", 0)]) == [served, redirecting]
    for first, second in ((TcpBind, RedirectBind), (RedirectBind, TcpBind)):
        port = free_port()
        addresses.open([first("127.0.0.1", port)])
        with pytest.raises(ListenError, match="it cannot do both"):
            addresses.open([first("127.0.0.1", port), second("127.0.0.1", port)])
