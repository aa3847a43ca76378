"""Certificates to serve with: signed by themselves, for this machine, each with a number that clients know it by."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Pair:
    certificate: bytes
    """PEM, as the key."""
    key: bytes
    der: bytes
    """What a client sees."""

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write both into a folder; return their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        certfile, keyfile = folder / "site.crt", folder / "site.key"
        keyfile.touch(0o600)
        keyfile.write_bytes(self.key)
        certfile.write_bytes(self.certificate)
        return certfile, keyfile


def new_pair() -> Pair:
    """Make a certificate for a new ECDSA P-256 key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    return Pair(
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate.public_bytes(Encoding.DER),
    )
