"""How systems and browsers are made to trust a development authority, or to forget it: commands for people to type."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from tornado_cli.records import Record

_DEBIAN: Final = "/usr/local/share/ca-certificates"
_FEDORA: Final = "/etc/pki/ca-trust/source/anchors"


class Step(Record, kw_only=True):
    """One thing to do."""

    about: str
    commands: Sequence[str]


class Machine(Record, kw_only=True):
    """What there is on this machine; folders are absolute."""

    system: str
    """As `sys.platform` has it."""
    has: Callable[[str], bool]
    """Says whether a program is there."""
    home: Path
    firefox_profiles: Sequence[Path] = ()


def trusting(authority: Path, machine: Machine) -> Iterator[Step]:
    """Yield what has this machine trust an authority."""
    file = shlex.quote(str(authority))
    if machine.system == "darwin":
        keychain = "~/Library/Keychains/login.keychain-db"
        command = f"security add-trusted-cert -r trustRoot -p ssl -k {keychain} {file}"
        yield Step(about="macOS, with Safari and Chrome", commands=[command])
    elif machine.has("update-ca-certificates"):
        commands = [f"sudo cp {file} {_DEBIAN}/tcli-{authority.stem}.crt", "sudo update-ca-certificates"]
        yield Step(about="the system (Debian, Ubuntu, Alpine), for curl and the like", commands=commands)
    elif machine.has("update-ca-trust"):
        commands = [f"sudo cp {file} {_FEDORA}/tcli-{authority.stem}.pem", "sudo update-ca-trust"]
        yield Step(about="the system (Fedora, RHEL), for curl and the like", commands=commands)
    elif machine.has("trust"):
        yield Step(about="the system (Arch, p11-kit), for curl and the like", commands=[f"sudo trust anchor {file}"])
    if machine.system != "darwin":
        yield Step(about="Chromium and Chrome", commands=[*_new_database(machine), _add(_nss(machine.home), authority)])
    yield from _firefox(machine, [_add(_database(profile), authority) for profile in machine.firefox_profiles])
    yield Step(about="one program, and nothing else", commands=[f"curl --cacert {file} https://localhost:8000/"])


def forgetting(authority: Path, machine: Machine) -> Iterator[Step]:
    """Yield what undoes it."""
    file = shlex.quote(str(authority))
    if machine.system == "darwin":
        yield Step(about="macOS, with Safari and Chrome", commands=[f"security remove-trusted-cert {file}"])
    elif machine.has("update-ca-certificates"):
        commands = [f"sudo rm {_DEBIAN}/tcli-{authority.stem}.crt", "sudo update-ca-certificates --fresh"]
        yield Step(about="the system (Debian, Ubuntu, Alpine)", commands=commands)
    elif machine.has("update-ca-trust"):
        commands = [f"sudo rm {_FEDORA}/tcli-{authority.stem}.pem", "sudo update-ca-trust"]
        yield Step(about="the system (Fedora, RHEL)", commands=commands)
    elif machine.has("trust"):
        yield Step(about="the system (Arch, p11-kit)", commands=[f"sudo trust anchor --remove {file}"])
    if machine.system != "darwin":
        yield Step(about="Chromium and Chrome", commands=[_delete(_nss(machine.home), authority)])
    yield from _firefox(machine, [_delete(_database(profile), authority) for profile in machine.firefox_profiles])


def _firefox(machine: Machine, commands: Sequence[str]) -> Iterator[Step]:
    if commands:
        yield Step(about="Firefox, while it is closed", commands=commands)
    elif machine.has("firefox") or machine.system == "darwin":
        where = "Settings > Privacy & Security > Certificates > View Certificates > Authorities"
        yield Step(about=f"Firefox: {where}", commands=[])


def _new_database(machine: Machine) -> list[str]:
    folder = machine.home / ".pki/nssdb"
    if (folder / "cert9.db").exists():
        return []
    return [f"mkdir -p {shlex.quote(str(folder))}", f"certutil -N --empty-password -d {_nss(machine.home)}"]


def _nss(home: Path) -> str:
    return _database(home / ".pki/nssdb")


def _database(folder: Path) -> str:
    return shlex.quote(f"sql:{folder}")


def _add(database: str, authority: Path) -> str:
    return f"certutil -A -d {database} -t C,, -n {_nickname(authority)} -i {shlex.quote(str(authority))}"


def _delete(database: str, authority: Path) -> str:
    return f"certutil -D -d {database} -n {_nickname(authority)}"


def _nickname(authority: Path) -> str:
    return f"tcli-{authority.stem}"


def certutil_package(machine: Machine) -> str:
    """Return what installs `certutil` where it is missing; nothing where it is there."""
    if machine.has("certutil"):
        return ""
    packages = {"apt-get": "libnss3-tools", "dnf": "nss-tools", "pacman": "nss", "brew": "nss"}
    manager = next((name for name in packages if machine.has(name)), "")
    verb = {"pacman": "-S"}.get(manager, "install")
    sudo = "" if manager == "brew" else "sudo "
    return f"{sudo}{manager} {verb} {packages[manager]}" if manager else ""
