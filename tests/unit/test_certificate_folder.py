"""Which files of a folder belong together."""

import os
from pathlib import Path

import pytest

from tornado_cli.system.tls import TlsError
from tornado_cli.system.tls.folder import PairFiles, pairs_in


def folder_of(tmp_path: Path, *names: str) -> Path:
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


@pytest.mark.parametrize(
    ("files", "pairs"),
    [
        (("a.crt", "a.key"), {"a": ("a.crt", "a.key")}),
        (("a.pem", "a.key"), {"a": ("a.pem", "a.key")}),
        (("a.pem",), {"a": ("a.pem", None)}),
        (("a.crt", "a.pem", "a.key"), {"a": ("a.crt", "a.key")}),
        (("example.com.crt", "example.com.key"), {"example.com": ("example.com.crt", "example.com.key")}),
        (("a/fullchain.pem", "a/cert.pem", "a/chain.pem", "a/privkey.pem", "README", "a/README"),
         {"a": ("a/fullchain.pem", "a/privkey.pem")}),
        (("a/tls.crt", "a/tls.key", "a/ca.crt"), {"a": ("a/tls.crt", "a/tls.key")}),
        (("a/cert.pem", "a/key.pem"), {"a": ("a/cert.pem", "a/key.pem")}),
        (("a/site.crt", "a/site.key"), {"a/site": ("a/site.crt", "a/site.key")}),
        ((".a.crt", ".a.key", "..data/a.crt", "b.pem"), {"b": ("b.pem", None)}),
        (("z.pem", "a.pem", "default.pem"),
         {"default": ("default.pem", None), "a": ("a.pem", None), "z": ("z.pem", None)}),
    ],
)  # fmt: skip
def test_a_layout_is_understood(
    tmp_path: Path, files: tuple[str, ...], pairs: dict[str, tuple[str, str | None]]
) -> None:
    found = pairs_in(folder_of(tmp_path, *files), "--cert-dir")
    assert list(found.items()) == [(name, PairFiles(*pair)) for name, pair in pairs.items()]


def test_the_folders_of_certbot_are_followed_through_their_links(tmp_path: Path) -> None:
    archive = folder_of(tmp_path / "archive", "a/fullchain1.pem", "a/privkey1.pem")
    live = tmp_path / "live" / "a"
    live.mkdir(parents=True)
    for name in ("fullchain", "privkey"):
        (live / f"{name}.pem").symlink_to(archive / "a" / f"{name}1.pem")
    (tmp_path / "linked").symlink_to(live)
    assert list(pairs_in(tmp_path / "live", "--cert-dir")) == ["a"]


@pytest.mark.parametrize("files", [(), ("README",), ("a.key",), (".hidden.pem",)])
def test_a_folder_without_a_certificate_is_told_with_what_it_wants(tmp_path: Path, files: tuple[str, ...]) -> None:
    with pytest.raises(TlsError, match="holds no certificate") as caught:
        pairs_in(folder_of(tmp_path, *files), "--cert-dir")
    assert "NAME.key" in caught.value.hint


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "nowhere", "No such file"), (folder_of(tmp_path, "file") / "file", "Not a dir")):
        with pytest.raises(TlsError, match=reason) as caught:
            pairs_in(path, "--cert-dir")
        assert os.fspath(path) in str(caught.value)
