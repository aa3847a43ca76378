"""Clients that look at TLS itself."""

from cryptography.x509 import Certificate, load_der_x509_certificate

from support.connection import Connection


def served(port: int, name: str | None = None) -> Certificate:
    """Return the certificate that a new connection meets; `name` is the server name that it asks for."""
    with Connection(port, tls=True, name=name) as connection:
        return load_der_x509_certificate(connection.certificate)
