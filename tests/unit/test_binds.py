"""What `--bind` takes, and what it says to anything else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.errors import ExitCode, UsageError
from tornado_cli.system.binds import Bind, InheritedBind, TcpBind, UnixBind, bind_of

HERE = Path("/srv/shop")


@pytest.mark.parametrize(
    ("text", "bind"),
    [
        ("127.0.0.1:8000", TcpBind("127.0.0.1", 8000)),
        ("localhost:0", TcpBind("localhost", 0)),
        ("*:65535", TcpBind("*", 65535)),
        ("shop.example.com:80", TcpBind("shop.example.com", 80)),
        ("[::1]:8000", TcpBind("::1", 8000)),
        ("[::]:8000", TcpBind("::", 8000)),
        ("[fe80::1%eth0]:8000", TcpBind("fe80::1%eth0", 8000)),
        ("[::ffff:127.0.0.1]:8000", TcpBind("::ffff:127.0.0.1", 8000)),
        ("unix:/run/app.sock", UnixBind(Path("/run/app.sock"))),
        ("unix:app.sock", UnixBind(HERE / "app.sock")),
        ("unix:/run/a:b [c].sock", UnixBind(Path("/run/a:b [c].sock"))),
        ("fd:0", InheritedBind(0)),
        ("fd:12", InheritedBind(12)),
    ],
)
def test_each_form_is_read_and_shown_as_it_was_written(text: str, bind: Bind) -> None:
    assert bind_of(text, HERE) == bind
    assert bind_of(str(bind), HERE) == bind


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("8000", "--bind 127.0.0.1:8000"),
        ("127.0.0.1", "--bind 127.0.0.1:8000"),
        ("localhost", "--bind localhost:8000"),
        ("127.0.0.1:", "For example"),
        ("127.0.0.1:65536", "For example"),
        ("127.0.0.1:-1", "For example"),
        ("127.0.0.1:٨٠", "For example"),
        ("127.0.0.1:80 ", "For example"),
        ("127.0.0.1:80\n", "For example"),
        (":8000", "--bind *:8000"),
        ("::1", "[::1]:8000"),
        ("::1:8000", "--bind [::1]:8000"),
        ("fe80::1", "--bind [fe80::1]:8000"),
        ("2001:db8::1", "[2001:db8::1]:8000"),
        ("[::1]", "--bind [::1]:8000"),
        ("[127.0.0.1]:8000", "For example"),
        ("[]:8000", "For example"),
        ("http://127.0.0.1:8000", "Leave http:// out"),
        ("/run/app.sock", "unix:/run/app.sock"),
        ("unix:", "For example"),
        ("unix:a\0b", "For example"),
        ("fd:", "For example"),
        ("fd:-1", "For example"),
        ("fd:3a", "For example"),
        ("fd:9999999999", "For example"),
        ("", "For example"),
        (":", "For example"),
    ],
)
def test_anything_else_is_a_usage_error_that_shows_the_forms_and_the_likely_meaning(text: str, hint: str) -> None:
    with pytest.raises(UsageError, match=r"host:port, \[v6\]:port, unix:/path or fd:N") as caught:
        bind_of(text, HERE)
    assert hint in caught.value.hint
    assert caught.value.exit_code is ExitCode.USAGE


@given(st.text(max_size=40))
def test_whatever_is_typed_is_an_address_or_a_usage_error(text: str) -> None:
    try:
        bind = bind_of(text, HERE)
    except UsageError:
        return
    assert bind_of(str(bind), HERE) == bind


@given(st.ip_addresses(), st.integers(0, 65535))
def test_every_address_with_every_port_is_read_back(address: object, port: int) -> None:
    host = str(address)
    text = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    assert bind_of(text, HERE) == TcpBind(host, port)
    assert str(TcpBind(host, port)) == text
