"""How machines come to trust a development authority: commands that do it where they are typed."""

import os
import subprocess
from collections.abc import Collection
from pathlib import Path

import pytest

from tornado_cli.system.certificates.kept import authorities
from tornado_cli.system.certificates.telling import this_machine, told_of_trust
from tornado_cli.system.certificates.trust import Machine, steps_for

AUTHORITY = Path("/home/a b/authority.pem")
KEYCHAIN = "~/Library/Keychains/login.keychain-db"


def machine(*programs: str, system: str = "linux", profiles: Collection[Path] = ()) -> Machine:
    return Machine(system=system, has=programs.__contains__, home=Path("/home/a b"), firefox_profiles=list(profiles))


def commands(machine: Machine, *, forget: bool = False) -> list[str]:
    steps = steps_for(AUTHORITY, machine)
    return [command for step in steps for command in (step.forget if forget else step.trust)]


@pytest.mark.parametrize(
    ("here", "trusts", "forgets"),
    [
        (machine("update-ca-certificates"), "sudo update-ca-certificates", "sudo update-ca-certificates --fresh"),
        (machine("update-ca-trust", "trust"), "sudo update-ca-trust", "sudo update-ca-trust"),
        (
            machine("trust"),
            "sudo trust anchor '/home/a b/authority.pem'",
            "sudo trust anchor --remove '/home/a b/authority.pem'",
        ),
        (
            machine(system="darwin"),
            f"security add-trusted-cert -r trustRoot -p ssl -k {KEYCHAIN} '/home/a b/authority.pem'",
            "security remove-trusted-cert '/home/a b/authority.pem'",
        ),
    ],
)
def test_each_system_has_its_own_way(here: Machine, trusts: str, forgets: str) -> None:
    assert trusts in commands(here)
    assert forgets in commands(here, forget=True)


def test_firefox_has_a_database_for_each_profile_or_is_told_by_hand() -> None:
    for forget in (False, True):
        typed = commands(machine(profiles=[Path("/p/one"), Path("/p/two")]), forget=forget)
        assert sum("sql:/p/" in command for command in typed) == 2
    [by_hand] = [step for step in steps_for(AUTHORITY, machine("firefox")) if "Firefox" in step.about]
    assert (by_hand.trust, by_hand.forget) == ((), ())


def test_certutil_is_installed_first_and_nothing_is_said_twice() -> None:
    both = [AUTHORITY, AUTHORITY.with_name("network-authority.pem")]
    lines = told_of_trust(both, machine("apt-get"), forget=False).splitlines()
    assert lines.count("sudo apt-get install libnss3-tools") == 1
    assert sum(line.startswith("certutil -N") for line in lines) == 1
    assert sum(line.startswith("certutil -A") for line in lines) == 2


@pytest.mark.outside("certutil")
def test_what_is_shown_can_be_typed_and_undone(tmp_path: Path) -> None:
    home = tmp_path / "a home"
    environ = {"HOME": str(home), "PATH": os.environ["PATH"]}
    [authority] = authorities(made=True, environ=environ)
    database = f"sql:{home}/.pki/nssdb"

    def typed(*, forget: bool) -> list[str]:
        text = told_of_trust([authority], this_machine(environ), forget=forget)
        for line in text.splitlines():
            if line.startswith(("mkdir ", "certutil ")):
                subprocess.run(["bash", "-ec", line], env=environ, check=True)
        command = ["certutil", "-L", "-d", database]
        listed = subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout
        return [line for line in listed.splitlines() if line.startswith("tcli-")]

    [trusted] = typed(forget=False)
    assert trusted.split() == ["tcli-authority", "C,,"]
    assert typed(forget=True) == []
