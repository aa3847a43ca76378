"""What there is to know of a certificate, as plain values."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tornado_cli.records import Record
from tornado_cli.system.tls.chain import is_from_public_authority, names_of
from tornado_cli.system.tls.private_key import RSA_BITS

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
    from cryptography.x509 import Certificate

# Collisions can be made for these.
_WEAK_DIGESTS: Final = frozenset({"md5", "sha1"})
_WEAK_CURVES: Final = 256


class CertificateFacts(Record, kw_only=True):
    """One certificate. Its texts are whatever somebody has written there."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: datetime
    ends: datetime
    key: str
    """For people: `ECDSA P-256`."""
    is_key_weak: bool
    digest: str
    """`SHA256`; empty where the key's kind has its own."""
    is_digest_weak: bool
    is_authority: bool
    is_for_servers: bool
    has_public_issuer: bool
    """Whether it says where its issuer's certificate is to be had, as those of public authorities do."""


def facts_of(certificate: "Certificate") -> CertificateFacts:
    """Return them; raises ValueError for a certificate that is damaged."""
    key, is_key_weak = _key(certificate.public_key())
    digest = certificate.signature_hash_algorithm
    return CertificateFacts(
        subject=_name(certificate.subject.rfc4514_string()),
        issuer=_name(certificate.issuer.rfc4514_string()),
        names=names_of(certificate),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        key=key,
        is_key_weak=is_key_weak,
        digest="" if digest is None else digest.name.upper(),
        is_digest_weak=digest is not None and digest.name in _WEAK_DIGESTS,
        is_authority=_is_authority(certificate),
        is_for_servers=_is_for_servers(certificate),
        has_public_issuer=is_from_public_authority(certificate),
    )


def certificates_of(ders: Sequence[bytes]) -> "list[Certificate]":
    """Read certificates as they come over the wire. Raises ValueError."""
    from cryptography import x509

    return [x509.load_der_x509_certificate(one) for one in ders]


def _name(distinguished: str) -> str:
    return distinguished or "(no name)"


def _key(key: "PublicKeyTypes") -> tuple[str, bool]:
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}", key.key_size < RSA_BITS
        case ec.EllipticCurvePublicKey():
            curves = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
            return f"ECDSA {curves.get(key.curve.name, key.curve.name)}", key.key_size < _WEAK_CURVES
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            return type(key).__name__.removesuffix("PublicKey"), False
        case _:
            return type(key).__name__.removesuffix("PublicKey"), True


def _is_authority(certificate: "Certificate") -> bool:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _is_for_servers(certificate: "Certificate") -> bool:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return bool({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(uses))
