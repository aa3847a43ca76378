"""What is served is exchanged only for what is whole and fit: real files, and a clock that the test moves."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from support.certificates import NOW, Made, certificate, key_pem

from tornado_cli.run.certificates.keeper import Certificates
from tornado_cli.run.certificates.policy import PATIENCE
from tornado_cli.run.certificates.sources import Sources
from tornado_cli.system.tls import Bundle, TlsError, TlsFiles, TlsTerms


@dataclass
class Clock:
    """Both clocks, moved by hand."""

    seconds: float = 1000.0
    began: datetime = NOW

    def monotonic(self) -> float:
        return self.seconds

    def today(self) -> datetime:
        return self.began + timedelta(seconds=self.seconds - 1000.0)


@dataclass
class Kept:
    """Certificates from a folder, and what was told of them."""

    folder: Path
    caplog: pytest.LogCaptureFixture
    clock: Clock = field(default_factory=Clock)
    certfile: str = "site.pem"
    keyfile: str = "site.key"
    cert_dir: str = ""
    ca_file: str = ""

    def __post_init__(self) -> None:
        pair = TlsFiles(self.folder / self.certfile, self.folder / self.keyfile) if self.certfile else None
        folder = self.folder / self.cert_dir if self.cert_dir else None
        authorities = self.folder / self.ca_file if self.ca_file else None
        sources = Sources(files=pair, folder=folder, password_file=None, authorities=authorities)
        terms = TlsTerms(client_certificates="required" if self.ca_file else "none")
        self.certificates = Certificates(sources, terms, clock=self.clock.monotonic, today=self.clock.today)

    def pass_seconds(self, seconds: float = 2) -> None:
        for _ in range(int(seconds)):
            self.clock.seconds += 1
            self.certificates.look()

    @property
    def serials(self) -> list[int]:
        return [pair.serial for pair in self.certificates.pairs]

    def told(self) -> list[str]:
        """Return the names of the events since the last call."""
        names = [str(vars(record)["event"]) for record in self.caplog.records]
        self.caplog.clear()
        return names

    def close(self) -> None:
        os.close(self.certificates.descriptor)


def site(*names: str, days: int = 60) -> Made:
    return certificate(*(names or ("example.com",)), not_after=NOW + timedelta(days=days))


def write_pair(folder: Path, made: Made, name: str = "site") -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.pem").write_bytes(made.certificate_pem)
    (folder / f"{name}.key").write_bytes(made.key_pem)
    (folder / f"{name}.key").chmod(0o600)


@pytest.fixture
def kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Kept]:
    caplog.set_level("INFO")
    write_pair(tmp_path, site())
    one = Kept(tmp_path, caplog)
    yield one
    one.close()


def served_serials(kept: Kept) -> list[tuple[str, ...]]:
    """Return the names of what a worker would get."""
    return [tuple(pair.names) for pair in Bundle.read(kept.certificates.descriptor).pairs]


def test_a_new_pair_is_taken_within_two_seconds_and_told_once(kept: Kept, tmp_path: Path) -> None:
    new, version = site("new.example.com"), kept.certificates.version
    write_pair(tmp_path, new)
    kept.pass_seconds(2)
    assert kept.serials == [new.certificate.serial_number]
    assert served_serials(kept) == [("new.example.com",)]
    assert kept.certificates.version == version + 1
    kept.pass_seconds(60)
    assert kept.told() == ["certificate_changed"]
    assert kept.certificates.version == version + 1


def test_a_certificate_that_is_there_before_its_key_is_waited_for_without_a_word(kept: Kept, tmp_path: Path) -> None:
    old, new = kept.serials, site()
    (tmp_path / "site.pem").write_bytes(new.certificate_pem[:-40])
    kept.pass_seconds(2)
    (tmp_path / "site.pem").write_bytes(new.certificate_pem)
    kept.pass_seconds(5)
    assert kept.serials == old
    assert kept.told() == []
    (tmp_path / "site.key").write_bytes(new.key_pem)
    kept.pass_seconds(2)
    assert kept.serials == [new.certificate.serial_number]
    assert kept.told() == ["certificate_changed"]


@pytest.mark.parametrize(
    "fault", ["another key", "cut off", "empty", "removed", "folder removed", "expired", "not yet"]
)
def test_what_cannot_be_served_leaves_the_old_and_is_told_once_when_it_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    write_pair(tmp_path / "tls", site())
    kept = Kept(tmp_path, caplog, certfile="tls/site.pem", keyfile="tls/site.key")
    old, certfile, keyfile = kept.serials, tmp_path / "tls" / "site.pem", tmp_path / "tls" / "site.key"
    match fault:
        case "another key":
            keyfile.write_bytes(key_pem(ec.generate_private_key(ec.SECP256R1())))
        case "cut off":
            certfile.write_bytes(certfile.read_bytes()[:300])
        case "empty":
            certfile.write_bytes(b"")
        case "removed":
            keyfile.unlink()
        case "folder removed":
            (tmp_path / "tls").rename(tmp_path / "elsewhere")
        case "expired":
            write_pair(tmp_path / "tls", site(days=-1))
        case "not yet":
            write_pair(tmp_path / "tls", certificate("example.com", not_before=NOW + timedelta(hours=1)))
    kept.pass_seconds(PATIENCE)
    assert kept.told() == []
    kept.pass_seconds(200)
    assert kept.told() == ["certificate_refused"]
    assert kept.serials == old
    kept.close()


def test_a_pair_that_is_not_yet_valid_is_taken_when_it_is(kept: Kept, tmp_path: Path) -> None:
    new = certificate("example.com", not_before=NOW + timedelta(minutes=5))
    write_pair(tmp_path, new)
    kept.pass_seconds(30)
    assert kept.told() == ["certificate_refused"]
    kept.pass_seconds(5 * 60 + 60)
    assert kept.serials == [new.certificate.serial_number]


def test_a_link_that_is_swapped_is_another_certificate(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    old, new = site(), site()
    for name, made in (("1", old), ("2", new)):
        write_pair(tmp_path / name, made)
        for file in (tmp_path / name).iterdir():
            # As `cp -p` leaves them: nothing but the link tells them apart.
            os.utime(file, (0, 0))
    (tmp_path / "live").symlink_to("1")
    kept = Kept(tmp_path, caplog, certfile="live/site.pem", keyfile="live/site.key")
    (tmp_path / "next").symlink_to("2")
    (tmp_path / "next").replace(tmp_path / "live")
    kept.pass_seconds(2)
    assert kept.serials == [new.certificate.serial_number]
    kept.close()


def test_content_of_the_same_size_and_time_is_seen(kept: Kept, tmp_path: Path) -> None:
    new, certfile = site(), tmp_path / "site.pem"
    before = certfile.stat()
    write_pair(tmp_path, new)
    os.utime(certfile, ns=(before.st_atime_ns, before.st_mtime_ns))
    kept.pass_seconds(2)
    assert kept.serials == [new.certificate.serial_number]


def test_somebody_who_asks_is_answered_at_once(kept: Kept, tmp_path: Path) -> None:
    new = site()
    (tmp_path / "site.pem").write_bytes(new.certificate_pem)
    kept.certificates.look(urgent=True)
    assert kept.told() == ["certificate_refused"]
    write_pair(tmp_path, new)
    kept.certificates.look(urgent=True)
    assert kept.serials == [new.certificate.serial_number]


def test_files_that_are_only_touched_are_not_handed_out_but_a_mode_that_is_too_open_is_told(
    kept: Kept, tmp_path: Path
) -> None:
    version = kept.certificates.version
    (tmp_path / "site.key").chmod(0o644)
    kept.pass_seconds(2)
    assert "can be read by everyone" in kept.caplog.text
    (tmp_path / "site.pem").touch()
    kept.pass_seconds(2)
    assert kept.certificates.version == version


def test_each_day_workers_get_a_fresh_context(kept: Kept) -> None:
    version = kept.certificates.version
    kept.pass_seconds(1)
    kept.clock.seconds += 24 * 3600
    kept.pass_seconds(1)
    assert kept.certificates.version == version + 1
    assert kept.told() == []


def test_an_end_that_comes_near_is_told_of_daily_while_it_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_pair(tmp_path, site(days=16))
    kept = Kept(tmp_path, caplog)
    kept.certificates.introduce("", [])
    texts = []
    for _ in range(17):
        kept.clock.seconds += 24 * 3600
        kept.pass_seconds(1)
        texts += [record.getMessage() for record in caplog.records]
        caplog.clear()
    assert len(texts) == 16
    assert "expires in 13 days" in texts[0]
    assert "EXPIRED" in texts[-1]
    kept.close()


def test_a_new_pair_that_ends_soon_is_told_of_once(kept: Kept, tmp_path: Path) -> None:
    write_pair(tmp_path, site(days=5))
    kept.pass_seconds(60)
    assert kept.told() == ["certificate_changed", "certificate"]


def test_when_the_system_has_no_more_of_something_the_old_is_served_until_it_has(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, version = served_serials(kept), site("new.example.com"), kept.certificates.version

    def refuse(_: object) -> int:
        raise OSError(24, "Too many open files")

    write_pair(tmp_path, new)
    with monkeypatch.context() as patch:
        patch.setattr(Bundle, "open_descriptor", refuse)
        kept.pass_seconds(10)
    assert kept.told() == ["certificate_changed", "certificate_failed"]
    assert (served_serials(kept), kept.certificates.version) == (old, version)
    kept.pass_seconds(1)
    assert served_serials(kept) == [("new.example.com",)]


# ---- a folder ----


@pytest.fixture
def folder(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Kept]:
    caplog.set_level("INFO")
    for name in ("a", "b"):
        write_pair(tmp_path / "certificates", site(f"{name}.example.com"), name)
    one = Kept(tmp_path, caplog, certfile="", cert_dir="certificates")
    yield one
    one.close()


def test_certificates_come_go_and_change_each_by_itself(folder: Kept, tmp_path: Path) -> None:
    files = tmp_path / "certificates"
    write_pair(files, site("c.example.com"), "c")
    (files / "b.key").unlink()
    folder.pass_seconds(2)
    assert served_serials(folder) == [("a.example.com",), ("b.example.com",), ("c.example.com",)]
    folder.pass_seconds(PATIENCE)
    assert folder.told() == ["certificate_changed", "certificate_refused"]
    (files / "b.pem").unlink()
    folder.pass_seconds(PATIENCE + 1)
    assert served_serials(folder) == [("a.example.com",), ("c.example.com",)]
    assert folder.told() == ["certificate_dropped"]


@pytest.mark.parametrize("how", ["emptied", "emptied slowly", "removed"])
def test_without_any_certificate_in_the_folder_those_that_were_there_are_served_on(
    folder: Kept, tmp_path: Path, how: str
) -> None:
    files = tmp_path / "certificates"
    before = served_serials(folder)
    if how == "removed":
        files.rename(tmp_path / "elsewhere")
    else:
        for file in sorted(files.iterdir()):
            file.unlink()
            folder.pass_seconds(3 if how == "emptied slowly" else 0)
    folder.pass_seconds(120)
    assert served_serials(folder) == before
    assert set(folder.told()) == {"certificate_refused"}


def test_the_last_one_stays_until_there_is_another(folder: Kept, tmp_path: Path) -> None:
    files, new = tmp_path / "certificates", site("c.example.com")
    for file in files.iterdir():
        file.unlink()
    (files / "c.pem").write_bytes(new.certificate_pem)
    folder.pass_seconds(30)
    assert len(served_serials(folder)) == 1
    (files / "c.key").write_bytes(new.key_pem)
    folder.pass_seconds(3)
    assert served_serials(folder) == [("c.example.com",)]


def test_a_name_that_a_second_certificate_has_too_is_told(folder: Kept, tmp_path: Path) -> None:
    write_pair(tmp_path / "certificates", site("a.example.com"), "z")
    folder.pass_seconds(2)
    assert "is not served for a.example.com" in folder.caplog.text


def test_at_the_start_each_bad_certificate_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("a", "b", "c"):
        write_pair(tmp_path / "certificates", site(), name)
    for name in ("a", "c"):
        (tmp_path / "certificates" / f"{name}.key").write_bytes(site().key_pem)
    with pytest.raises(TlsError) as caught:
        Kept(tmp_path, caplog, certfile="", cert_dir="certificates")
    assert "a.pem" in str(caught.value)
    assert "c.pem" in str(caught.value)
    assert "b.pem" not in str(caught.value)


# ---- authorities ----


def test_authorities_are_exchanged_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    write_pair(tmp_path, site())
    old, new = (certificate(common_name=name, is_authority=True) for name in ("old", "new"))
    (tmp_path / "ca.pem").write_bytes(old.certificate_pem)
    kept = Kept(tmp_path, caplog, ca_file="ca.pem")
    (tmp_path / "ca.pem").write_bytes(new.certificate_pem[:200])
    kept.pass_seconds(5)
    assert Bundle.read(kept.certificates.descriptor).authorities == old.certificate_pem.decode()
    (tmp_path / "ca.pem").write_bytes(new.certificate_pem)
    kept.pass_seconds(2)
    assert Bundle.read(kept.certificates.descriptor).authorities == new.certificate_pem.decode()
    assert kept.told() == ["authorities_changed"]
    kept.close()


def test_a_host_that_no_certificate_is_for_is_told(kept: Kept) -> None:
    kept.certificates.introduce("", ["example.com", "localhost", "127.0.0.1", "shop.test", "0.0.0.0", "::1"])
    assert [record.getMessage() for record in kept.caplog.records] == [
        "No certificate is for shop.test, which is listened on. Have one made for it: clients refuse others."
    ]


def test_the_clock_of_today_is_the_real_one_by_default(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    now = datetime.now(UTC)
    expired = certificate("x.test", not_before=now - timedelta(days=2), not_after=now - timedelta(days=1))
    write_pair(tmp_path, expired)
    sources = Sources(
        files=TlsFiles(tmp_path / "site.pem", tmp_path / "site.key"), folder=None, password_file=None, authorities=None
    )
    certificates = Certificates(sources, TlsTerms())
    certificates.introduce("", [])
    assert "EXPIRED" in caplog.text
    os.close(certificates.descriptor)
