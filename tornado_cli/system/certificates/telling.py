"""Development certificates as people read of them."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tornado_cli.system.certificates.development import DevelopmentCertificate, certificate_folder
from tornado_cli.system.certificates.kept import Kept
from tornado_cli.system.certificates.trust import Machine, certutil_package, steps_for

_PROFILES = (".mozilla/firefox", "snap/firefox/common/.mozilla/firefox", "Library/Application Support/Firefox/Profiles")


def told_of_made(made: Sequence[DevelopmentCertificate], listed: Sequence[Kept]) -> str:
    """Say what there is now, and how it is used."""
    by_path = {one.path: one for one in listed}
    parts = []
    for one in made:
        file = shlex.quote(str(one.files.certfile))
        known = by_path[one.files.certfile]
        verb = "Made" if one.created else "There is"
        parts.append(
            f"{verb} a certificate for {', '.join(known.names)}, until {known.ends:%Y-%m-%d}.\n\n"
            f"  tcli run --certfile {file}\n\n"
            f"serves with it. Its authority is {shlex.quote(str(one.authority))}; to have browsers trust it:\n\n"
            "  tcli cert trust"
        )
    return "\n\n".join(parts)


def told_of_kept(listed: Sequence[Kept], environ: Mapping[str, str] = os.environ) -> str:
    """List what is kept."""
    if not listed:
        return f"There are none in {certificate_folder(environ)}. Make one: tcli cert"
    return "\n".join(
        f"{one.path}\n  {'authority' if one.is_authority else ', '.join(one.names)}, {_until(one.ends)}"
        for one in listed
    )


def told_of_trust(authorities: Sequence[Path], machine: Machine, *, forget: bool) -> str:
    """Say what to type, to trust authorities or to forget them; nothing of it is run here."""
    steps = [step for one in authorities for step in steps_for(one, machine)]
    if forget:
        # What was never kept anywhere need not be forgotten.
        steps = [step for step in steps if step.forget or not step.trust]
    told = [(step.about, step.forget if forget else step.trust) for step in steps]
    head = "Nothing has been run. What applies to you of this, typed, has "
    head += "it forgotten:" if forget else f"{' and '.join(map(str, authorities))} trusted:"
    return "\n".join([head, *_lines(told, machine)])


def _lines(steps: Sequence[tuple[str, Sequence[str]]], machine: Machine) -> Iterator[str]:
    package = certutil_package(machine)
    # For two authorities the same program is installed, and the same database made, once.
    said: set[str] = set()
    for about, commands in steps:
        yield f"\n# {about}"
        needed = [package] if package and any(command.startswith("certutil ") for command in commands) else []
        yield from (command for command in (*needed, *commands) if command not in said)
        said.update(needed, commands)


def this_machine(environ: Mapping[str, str] = os.environ) -> Machine:
    home = Path(environ.get("HOME") or Path.home())
    folders = [folder for place in _PROFILES for folder in sorted((home / place).glob("*"))]
    return Machine(
        system=sys.platform,
        has=lambda program: shutil.which(program, path=environ.get("PATH")) is not None,
        home=home,
        firefox_profiles=[folder for folder in folders if (folder / "cert9.db").exists()],
    )


def _until(ends: datetime) -> str:
    days = (ends - datetime.now(UTC)).days
    return f"expired on {ends:%Y-%m-%d}" if days < 0 else f"until {ends:%Y-%m-%d} ({days} days)"
