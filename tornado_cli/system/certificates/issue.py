"""Making the local authority and what it signs.

Whoever trusts the authority trusts a key on this disk, so it is made to vouch for nothing but this machine, or at most
for private networks: browsers and OpenSSL refuse what it signs for any other name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# RFC 5280, 4.2.1.10: a permitted DNS name includes every name under it, so this one covers *.localhost.
PERMITTED_NAME: Final = "localhost"
PERMITTED_NETWORKS: Final = ("127.0.0.0/8", "::1/128")

AUTHORITY_LIFE: Final = timedelta(days=730)
LEAF_LIFE: Final = timedelta(days=90)
RENEWED_BEFORE: Final = timedelta(days=14)
# Clocks of virtual machines and containers differ a little.
CLOCK_SKEW: Final = timedelta(hours=1)

KEY_USAGES: Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether it is valid and will be for a while."""
        renewed = self.certificate.not_valid_after_utc - RENEWED_BEFORE
        return self.certificate.not_valid_before_utc <= now < renewed

    def signed(self, other: "Pair") -> bool:
        """Tell whether this authority has signed another certificate."""
        try:
            other.certificate.verify_directly_issued_by(self.certificate)
        except Exception:  # noqa: BLE001 - a wrong issuer, type and signature are three kinds of exception.
            return False
        return True

    def certificate_pem(self) -> bytes:
        """Return the part that everyone may see."""
        return self.certificate.public_bytes(Encoding.PEM)

    def pem(self) -> bytes:
        """Return both, as the text of one file: so they cannot be torn apart by a crash between two writes."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + self.certificate_pem()


def read_pair(pem: bytes) -> Pair | None:
    """Read what `Pair.pem` has written; nothing if it is damaged."""
    try:
        certificate, key = x509.load_pem_x509_certificate(pem), load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == certificate.public_key():
        return Pair(certificate, key)
    return None


def read_certificate(pem: bytes) -> x509.Certificate | None:
    """Read the first certificate, whatever else is there; nothing if it is damaged."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        return None


def new_authority(now: datetime, networks: Iterable[str] = ()) -> Pair:
    """Make an authority that can sign for loopback names and these networks only, and no further authorities."""
    key = ec.generate_private_key(ec.SECP256R1())
    kind = "network" if networks else "development"
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "tcli"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"tcli {kind} authority {now:%Y-%m-%d}"),
        ]
    )
    addresses = [x509.IPAddress(ip_network(network)) for network in (*PERMITTED_NETWORKS, *networks)]
    builder = (
        _builder(name, key, now, now - CLOCK_SKEW + AUTHORITY_LIFE)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage("key_cert_sign"), critical=True)
        .add_extension(x509.NameConstraints([x509.DNSName(PERMITTED_NAME), *addresses], None), critical=True)
    )
    return Pair(builder.sign(key, SHA256()), key)


def new_leaf(authority: Pair, names: Iterable[str], now: datetime) -> Pair:
    """Make a server's certificate for host names and addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tcli development certificate")])
    not_after = min(now - CLOCK_SKEW + LEAF_LIFE, authority.certificate.not_valid_after_utc)
    issuer_key = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(subject, key, now, not_after)
        .issuer_name(authority.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage("digital_signature"), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), critical=False)
    )
    return Pair(builder.sign(authority.key, SHA256()), key)


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    """Begin a certificate with what authority and leaf share."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )


def _key_usage(used: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage == used for usage in KEY_USAGES})


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
