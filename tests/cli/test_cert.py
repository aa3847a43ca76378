"""`tcli cert` as it is typed: certificates made and kept, files and hosts checked."""

import json
import os
import ssl
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import rsa
from support.certificates import Made, certificate, key_pem
from support.tls_server import context_of, tls_server

from tornado_cli.commands.cert import cert
from tornado_cli.errors import TcliError, UsageError

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def typed(*arguments: str) -> Result:
    """Type it; nothing may fail in another way than that which `tcli` shows."""
    result = CliRunner().invoke(cert, arguments, standalone_mode=False)
    assert result.exception is None or isinstance(result.exception, TcliError | click.ClickException), result
    return result


def issued(*names: str, begins: datetime = NOW - DAY, days: int = 90, **more: Any) -> Made:
    return certificate(*names, not_before=begins, not_after=begins + days * DAY, **more)


def test_certificates_are_made_listed_renewed_and_removed() -> None:
    made = typed("--name", "shop.localhost").output
    assert made.startswith("Made a certificate for localhost, *.localhost, shop.localhost, 127.0.0.1, ::1, until ")
    assert "tcli run --certfile " in made
    assert "tcli cert trust" in made
    assert typed("--name", "shop.localhost").output.startswith("There is a certificate for ")
    assert "shop.localhost.pem" in typed("list").output
    assert "shop.localhost.pem" in typed("renew").output
    removed = typed("remove").output
    assert removed.count("Removed ") == 3
    assert "tcli cert trust --undo" in removed
    assert typed("list").output.startswith("There are none in ")
    assert typed("remove").output == "There was nothing.\n"


def test_trust_makes_what_is_to_be_trusted_and_runs_nothing(tmp_path: Path) -> None:
    said = typed("trust").output
    assert said.startswith("Nothing has been run.")
    assert f"{tmp_path}/data/tcli/certificates/authority.pem" in said
    assert not (tmp_path / ".pki").exists()


def test_what_was_removed_can_still_be_forgotten() -> None:
    typed()
    typed("remove")
    said = typed("trust", "--undo").output
    assert "certutil -D" in said
    assert "tcli-authority" in said
    assert "curl --cacert" not in said


def test_a_certificate_of_ours_has_nothing_wrong_with_it() -> None:
    typed()
    result = typed("check", "data/tcli/certificates/localhost.pem", "--name", "localhost")
    assert result.return_value == 0
    assert result.output.endswith("Nothing is wrong with it.\n")


def test_a_file_is_checked_with_its_key(tmp_path: Path) -> None:
    authority = issued(common_name="authority", is_authority=True)
    site = issued("example.com", issuer=authority)
    site.write_to(tmp_path)
    good = typed("check", "site.pem", "--keyfile", "site.key", "--name", "example.com")
    assert (good.return_value, "Problem" in good.output, "Warning" in good.output) == (0, False, False)
    (tmp_path / "site.key").chmod(0o644)
    assert "can be read by everyone" in typed("check", "site.pem", "--keyfile", "site.key").output
    (tmp_path / "other.key").write_bytes(key_pem(rsa.generate_private_key(65537, 1024)))
    bad = typed("check", "site.pem", "--keyfile", "other.key", "--name", "example.org")
    assert bad.return_value == 1
    for words in ("too weak: 1024 bits", "It is not for example.org, only for example.com"):
        assert words in bad.output
    (tmp_path / "third.key").write_bytes(key_pem(issued("x").key))
    assert "does not belong to the certificate" in typed("check", "site.pem", "--keyfile", "third.key").output
    (tmp_path / "chain.pem").write_bytes(authority.certificate_pem + site.certificate_pem + site.key_pem)
    assert "wrong order" in typed("check", "chain.pem").output


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nowhere.pem", "there is no file nowhere.pem"),
        ("text.pem", "text.pem is not PEM"),
        ("folder", "folder is a directory"),
        ("a b", "'a b' is neither a file nor a host"),
        ("localhost:99999", "'localhost:99999' is neither a file nor a host"),
        ("localhost:1", "Nobody listens at localhost:1"),
    ],
)
def test_what_cannot_be_checked_is_one_message(target: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("text")
    (tmp_path / "folder").mkdir()
    error = typed("check", target).exception
    assert message in str(error)
    assert error.hint  # type: ignore[union-attr]


@pytest.mark.parametrize("arguments", [("localhost:1", "--keyfile", "a.key"), ("a.pem", "--ca-file", "a.pem")])
def test_options_that_would_be_ignored_are_a_mistake(arguments: tuple[str, ...]) -> None:
    assert isinstance(typed("check", *arguments).exception, UsageError | click.UsageError)


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Ports of servers: one that does all well, one that does much wrong; and a folder with the authority of one."""
    folder = tmp_path_factory.mktemp("hosts")
    authority = issued(common_name="authority", is_authority=True)
    (folder / "authority.pem").write_bytes(authority.certificate_pem)
    good = context_of(folder, [issued("localhost", issuer=authority)])
    good.minimum_version = ssl.TLSVersion.TLSv1_2
    good.set_ciphers("ECDHE+AESGCM")
    old = issued("example.com", begins=NOW - 9 * DAY, days=2, key=rsa.generate_private_key(65537, 2048))
    bad = context_of(folder, [old, authority])
    bad.set_ciphers("ALL:@SECLEVEL=0")
    bad.maximum_version = ssl.TLSVersion.TLSv1_2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        bad.minimum_version = ssl.TLSVersion.TLSv1
    with ExitStack() as stack:
        ports = {name: stack.enter_context(tls_server(one)) for name, one in (("good", good), ("bad", bad))}
        yield {**ports, "folder": folder}


def test_a_host_that_does_all_well_is_told_so(hosts: dict[str, Any]) -> None:
    arguments = ("check", f"https://localhost:{hosts['good']}/", "--ca-file", f"{hosts['folder']}/authority.pem")
    result = typed(*arguments)
    assert result.return_value == 0, result.output
    assert "speaks  TLSv1.3, TLS_AES_256_GCM_SHA384" in result.output
    assert result.output.endswith("Nothing is wrong with it.\n")


def test_a_folder_of_ours_that_cannot_be_used_hinders_no_check(
    hosts: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed()
    (tmp_path / "data/tcli/certificates").chmod(0o755)
    arguments = ("check", f"localhost:{hosts['good']}", "--ca-file", f"{hosts['folder']}/authority.pem")
    assert typed(*arguments).return_value == 0
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.delenv("HOME")
    assert typed(*arguments).return_value == 0


def test_a_host_that_nobody_vouches_for_is_told_so(hosts: dict[str, Any]) -> None:
    result = typed("check", f"localhost:{hosts['good']}")
    assert result.return_value == 1
    assert "This machine does not trust it: unable to get local issuer certificate." in result.output


def test_all_that_a_host_does_wrong_is_told(hosts: dict[str, Any]) -> None:
    result = typed("check", f"127.0.0.1:{hosts['bad']}")
    assert result.return_value == 1
    for words in (
        "EXPIRED",
        "It is not for 127.0.0.1, only for example.com.",
        "It is signed by itself",
        "It accepts TLS 1.0",
        "It accepts TLS 1.1",
        "It does not speak TLS 1.3, only TLSv1.2.",
        "which has no forward secrecy",
        "(CBC)",
    ):
        assert words in result.output
    assert result.output.count("Fix: ") == sum(result.output.count(f"{one}: ") for one in ("Problem", "Warning"))


def test_who_does_not_speak_tls_is_told_so(tmp_path: Path) -> None:
    code = (
        "import http.server, sys\n"
        "server = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)\n"
        "print(server.server_port, flush=True)\n"
        "server.handle_request()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())
        try:
            assert str(typed("check", f"127.0.0.1:{port}").exception).startswith(f"127.0.0.1:{port} does not")
        finally:
            process.kill()


def test_where_files_have_no_owners_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "geteuid")
    assert "which Windows does not have" in str(typed("list").exception)


def test_the_exit_code_reaches_the_shell(tmp_path: Path) -> None:
    issued("example.com", begins=NOW - 9 * DAY, days=2).write_to(tmp_path)
    codes = [
        subprocess.run(
            [sys.executable, "-m", "tornado_cli", "cert", "check", *arguments],
            cwd=tmp_path,
            env=os.environ,
            capture_output=True,
            check=False,
        ).returncode
        for arguments in (["site.pem"], ["nowhere.pem"])
    ]
    assert codes == [1, 2]
