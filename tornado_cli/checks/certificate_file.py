"""Checking a file with a certificate, and the key that belongs to it."""

import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tornado_cli.checks.certificate import certificate_findings
from tornado_cli.checks.findings import Finding, note, problem, warning
from tornado_cli.checks.report import Report, lines_about
from tornado_cli.system.tls.chain import certificates_in, chain_from, chain_of
from tornado_cli.system.tls.facts import facts_of
from tornado_cli.system.tls.pem import TlsError, TlsFile, read_pem
from tornado_cli.system.tls.private_key import private_key


def check_file(path: Path, keyfile: Path | None, password_file: Path | None, hosts: Sequence[str]) -> Report:
    """Judge a certificate for these hosts, or for whatever it names. Raises TlsError for what is no certificate."""
    file = read_pem(path, "FILE")
    certificates = certificates_in(file)
    holder = file if keyfile is None else read_pem(keyfile, "--keyfile")
    key, about_key = _key(holder, password_file, is_named=keyfile is not None)
    chain = chain_of(certificates, key) if key is not None else []
    if key is not None and not chain:
        fix = "Name the key that it was made for: --keyfile FILE"
        about_key.append(problem(f"The key in {holder.path} does not belong to the certificate.", fix))
    chain = chain or chain_from(certificates[0], certificates)
    facts = [facts_of(one) for one in chain]
    findings = certificate_findings(facts, hosts, datetime.now(UTC), is_in_order=chain == certificates)
    return Report(title=str(path), lines=lines_about(facts[0], datetime.now(UTC)), findings=[*findings, *about_key])


def _key(file: TlsFile, password_file: Path | None, *, is_named: bool) -> tuple[Any, list[Finding]]:
    """Return the key, None where there is none that can be used, and what there is to say of it."""
    if not is_named and "PRIVATE KEY" not in file.found():
        return None, [note("No key was looked at; name it to have it checked, too: --keyfile FILE")]
    findings = list(_of_permissions(file))
    try:
        return private_key(file, password_file), findings
    except TlsError as error:
        return None, [problem(str(error), error.hint), *findings]


def _of_permissions(file: TlsFile) -> Iterator[Finding]:
    if file.other_readers:
        yield warning(
            f"The key in {file.path} can be read by {file.other_readers}.", f"chmod 600 {shlex.quote(str(file.path))}"
        )
