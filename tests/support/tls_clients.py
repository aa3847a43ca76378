"""Clients that look at TLS itself: what they are served with, and what they show."""

import ssl
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.x509 import Certificate, load_der_x509_certificate

from support.certificates import Made
from support.connection import Connection
from support.handshakes import client_context

_DEADLINE = 20.0


def served(port: int, name: str | None = None) -> Certificate:
    """Return the certificate that a new connection meets; `name` is the server name that it asks for."""
    with Connection(port, tls=True, name=name) as connection:
        return load_der_x509_certificate(connection.certificate)


def wait_until_all_serve(port: int, made: Made, workers: int) -> float:
    """Return the seconds until so many workers serve with a certificate, each known by the pid that it answers."""
    began, seen = time.monotonic(), set[int]()
    while time.monotonic() < began + _DEADLINE:
        with Connection(port, tls=True) as connection:
            worker = connection.get(Connection="close").json["worker"]
            if load_der_x509_certificate(connection.certificate) == made.certificate:
                seen.add(worker)
            else:
                seen.discard(worker)
        if len(seen) == workers:
            return time.monotonic() - began
    raise AssertionError(f"only {seen} serve with it")


def wait_until(is_so: Callable[[], bool]) -> None:
    """Return when it is: what a worker has taken or let go of shows in its next handshake, or its descriptors alone."""
    deadline = time.monotonic() + _DEADLINE
    while not is_so():
        assert time.monotonic() < deadline, "it never becomes so"


def showing(made: Made, folder: Path) -> ssl.SSLContext:
    """Return a client that shows a certificate."""
    folder.mkdir()
    context = client_context()
    context.load_cert_chain(*made.write_to(folder))
    return context
