"""The development certificates that are kept: made by name, listed, renewed, removed."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tornado_cli.errors import UsageError
from tornado_cli.system.certificates.kept import Kept, authorities, kept, made_for, remove, renew


@pytest.fixture
def environ(tmp_path: Path) -> Mapping[str, str]:
    return {"XDG_DATA_HOME": str(tmp_path)}


def folder_of(environ: Mapping[str, str]) -> Path:
    return Path(environ["XDG_DATA_HOME"], "tcli/certificates")


def leaves(environ: Mapping[str, str]) -> dict[str, Kept]:
    return {one.path.name: one for one in kept(environ) if not one.is_authority}


def test_where_nothing_was_made_there_is_nothing_and_nothing_comes_of_looking(environ: Mapping[str, str]) -> None:
    assert kept(environ) == []
    assert remove([], environ) == []
    assert authorities(environ=environ) == []
    assert not folder_of(environ).exists()


def test_each_name_of_this_machine_has_a_certificate_and_addresses_of_networks_share_one(
    environ: Mapping[str, str],
) -> None:
    made_for(["localhost", "shop.localhost", "192.168.1.5", "10.0.0.7"], environ)
    made_for(["192.168.1.6"], environ)
    found = leaves(environ)
    assert set(found) == {"localhost.pem", "shop.localhost.pem", "network-localhost.pem"}
    assert "shop.localhost" in found["shop.localhost.pem"].names
    assert {"192.168.1.5", "10.0.0.7", "192.168.1.6"} < set(found["network-localhost.pem"].names)
    assert [path.name for path in authorities(environ=environ)] == ["authority.pem", "network-authority.pem"]


@pytest.mark.parametrize("host", ["example.com", "8.8.8.8", "shop.test", "../x.localhost", ""])
def test_for_anybody_else_none_is_made(environ: Mapping[str, str], host: str) -> None:
    with pytest.raises(UsageError):
        made_for(["localhost", host], environ)
    assert kept(environ) == []


def test_renewing_changes_certificates_and_no_authority_unless_told_to(environ: Mapping[str, str]) -> None:
    made_for(["localhost", "shop.localhost", "192.168.1.5"], environ)
    names = {name: one.names for name, one in leaves(environ).items()}

    def contents() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder_of(environ).iterdir()}

    def changed_by(*hosts: str, with_authorities: bool = False) -> set[str]:
        before = contents()
        renew(hosts, with_authorities=with_authorities, environ=environ)
        assert {name: one.names for name, one in leaves(environ).items()} == names
        return {name for name, data in contents().items() if before[name] != data}

    assert changed_by("shop.localhost") == {"shop.localhost.pem"}
    assert changed_by("127.0.0.1") == {"localhost.pem"}
    assert changed_by("192.168.1.5") == {"network-localhost.pem"}
    assert changed_by() == set(names)
    assert changed_by(with_authorities=True) == set(contents())


def test_removing_by_name_leaves_the_others_and_removing_all_leaves_nothing(environ: Mapping[str, str]) -> None:
    made_for(["localhost", "shop.localhost"], environ)
    assert [path.name for path in remove(["shop.localhost"], environ)] == ["shop.localhost.pem"]
    assert set(leaves(environ)) == {"localhost.pem"}
    assert {path.name for path in remove([], environ)} == {"authority.pem", "authority-key.pem", "localhost.pem"}
    assert not folder_of(environ).exists()


def test_what_is_not_there_cannot_be_renewed_or_removed(environ: Mapping[str, str]) -> None:
    made_for(["localhost"], environ)
    for change in (renew, remove):
        with pytest.raises(UsageError, match=r"There is no certificate for shop\.localhost"):
            change(["localhost", "shop.localhost"], environ=environ)
    assert set(leaves(environ)) == {"localhost.pem"}


def test_a_damaged_file_hides_none_of_the_others(environ: Mapping[str, str]) -> None:
    made_for(["localhost", "shop.localhost"], environ)
    (folder_of(environ) / "shop.localhost.pem").write_text("no certificate")
    assert set(leaves(environ)) == {"localhost.pem"}
