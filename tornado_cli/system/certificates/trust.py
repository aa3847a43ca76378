"""How systems and browsers are made to trust a development authority, or to forget it: commands for people to type."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from tornado_cli.records import Record

_DEBIAN: Final = "/usr/local/share/ca-certificates"
_FEDORA: Final = "/etc/pki/ca-trust/source/anchors"
_KEYCHAIN: Final = "~/Library/Keychains/login.keychain-db"
_FIREFOX: Final = "Settings > Privacy & Security > Certificates > View Certificates > Authorities"


class Step(Record, kw_only=True):
    """One thing to do: what is typed to trust, and what to forget again."""

    about: str
    trust: Sequence[str] = ()
    forget: Sequence[str] = ()


class Machine(Record, kw_only=True):
    """What there is on this machine; folders are absolute."""

    system: str
    """As `sys.platform` has it."""
    has: Callable[[str], bool]
    """Says whether a program is there."""
    home: Path
    firefox_profiles: Sequence[Path] = ()


def steps_for(authority: Path, machine: Machine) -> Iterator[Step]:
    """Yield what applies to this machine."""
    file = shlex.quote(str(authority))
    yield from _system(file, f"tcli-{authority.stem}", machine)
    if machine.system != "darwin":
        folder = machine.home / ".pki/nssdb"
        step = _nss("Chromium and Chrome", [folder], authority)
        yield step.but(trust=[*_new_database(folder), *step.trust])
    if machine.firefox_profiles:
        yield _nss("Firefox, while it is closed", machine.firefox_profiles, authority)
    elif machine.has("firefox") or machine.system == "darwin":
        yield Step(about=f"Firefox: {_FIREFOX}")
    yield Step(about="one program, and nothing else", trust=[f"curl --cacert {file} https://localhost:8000/"])


def certutil_package(machine: Machine) -> str:
    """Return what installs `certutil` where it is missing; nothing where it is there."""
    if machine.has("certutil"):
        return ""
    ways = {
        "apt-get": "sudo apt-get install libnss3-tools",
        "dnf": "sudo dnf install nss-tools",
        "pacman": "sudo pacman -S nss",
        "brew": "brew install nss",
    }
    return next((way for program, way in ways.items() if machine.has(program)), "")


def _system(file: str, name: str, machine: Machine) -> Iterator[Step]:
    if machine.system == "darwin":
        yield Step(
            about="macOS, with Safari and Chrome",
            trust=[f"security add-trusted-cert -r trustRoot -p ssl -k {_KEYCHAIN} {file}"],
            forget=[f"security remove-trusted-cert {file}"],
        )
    elif machine.has("update-ca-certificates"):
        yield Step(
            about="the system (Debian, Ubuntu, Alpine), for curl and the like",
            trust=[f"sudo cp {file} {_DEBIAN}/{name}.crt", "sudo update-ca-certificates"],
            forget=[f"sudo rm {_DEBIAN}/{name}.crt", "sudo update-ca-certificates --fresh"],
        )
    elif machine.has("update-ca-trust"):
        yield Step(
            about="the system (Fedora, RHEL), for curl and the like",
            trust=[f"sudo cp {file} {_FEDORA}/{name}.pem", "sudo update-ca-trust"],
            forget=[f"sudo rm {_FEDORA}/{name}.pem", "sudo update-ca-trust"],
        )
    elif machine.has("trust"):
        yield Step(
            about="the system (Arch, p11-kit), for curl and the like",
            trust=[f"sudo trust anchor {file}"],
            forget=[f"sudo trust anchor --remove {file}"],
        )


def _nss(about: str, folders: Sequence[Path], authority: Path) -> Step:
    """Return what is done with databases of NSS, which browsers ask instead of the system."""
    databases = [shlex.quote(f"sql:{folder}") for folder in folders]
    name, file = f"tcli-{authority.stem}", shlex.quote(str(authority))
    return Step(
        about=about,
        trust=[f"certutil -A -d {one} -t C,, -n {name} -i {file}" for one in databases],
        forget=[f"certutil -D -d {one} -n {name}" for one in databases],
    )


def _new_database(folder: Path) -> list[str]:
    if (folder / "cert9.db").exists():
        return []
    return [f"mkdir -p {shlex.quote(str(folder))}", f"certutil -N --empty-password -d {shlex.quote(f'sql:{folder}')}"]
