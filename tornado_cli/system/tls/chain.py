"""The certificate chain: found and put in order."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tornado_cli.system.tls.pem import TlsError, TlsFile
from tornado_cli.system.tls.validity import Period

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
    from cryptography.x509 import Certificate


def certificates_in(file: TlsFile) -> "list[Certificate]":
    """Return the certificates of a file in its own order."""
    from cryptography import x509

    blocks = [block for label, block in file.blocks() if label in {"CERTIFICATE", "X509 CERTIFICATE"}]
    if not blocks:
        hint = "Are --certfile and --keyfile the wrong way round?" if "PRIVATE KEY" in file.found() else ""
        raise TlsError(f"{file.option}: {file.path} holds no certificate (found: {file.found()}).", hint=hint)
    try:
        certificates = [x509.load_pem_x509_certificate(block) for block in blocks]
        for certificate in certificates:
            names_of(certificate)  # Extensions are parsed only when they are asked for.
    except ValueError:
        hint = f"Was it cut off while copying? Ask OpenSSL: openssl x509 -noout -text -in {shlex.quote(str(file.path))}"
        raise TlsError(f"{file.option}: a certificate in {file.path} is damaged.", hint=hint) from None
    return certificates


def chain_of(certificates: "Sequence[Certificate]", key: "PrivateKeyTypes") -> "list[Certificate]":
    """Order certificates as clients want them: the one of the key, then issuers; none at all if none is of the key."""
    wanted = _public_bytes(key.public_key())
    leaf = next((one for one in certificates if _public_bytes(one.public_key()) == wanted), None)
    return [] if leaf is None else chain_from(leaf, certificates)


def chain_from(leaf: "Certificate", certificates: "Sequence[Certificate]") -> "list[Certificate]":
    """Order certificates from that of the server on; what belongs nowhere is last."""
    chain, rest = [leaf], [one for one in certificates if one is not leaf]
    while issuer := next((one for one in rest if any(one.subject == below.issuer for below in chain)), None):
        chain.append(issuer)
        rest.remove(issuer)
    return chain + rest


def chain_pem(chain: "Sequence[Certificate]") -> bytes:
    """Return a chain as the text of a PEM file."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain)


def names_of(certificate: "Certificate") -> tuple[str, ...]:
    """Return the host names and addresses a certificate is for; clients look nowhere else."""
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = (str(address) for address in names.get_values_for_type(x509.IPAddress))
    return (*names.get_values_for_type(x509.DNSName), *addresses)


def spoken_names(certificate: "Certificate") -> str:
    """Return whom a certificate is for, for messages."""
    return ", ".join(names_of(certificate)) or certificate.subject.rfc4514_string() or "nobody"


def periods_of(chain: "Sequence[Certificate]", path: Path) -> tuple[Period, ...]:
    """Return when each certificate of a chain is valid."""
    roles = ("certificate", *["issuer's certificate"] * (len(chain) - 1))
    return tuple(
        Period(
            what=f"The {role} for {spoken_names(certificate)} in {path}",
            begins=certificate.not_valid_before_utc,
            ends=certificate.not_valid_after_utc,
        )
        for role, certificate in zip(roles, chain, strict=True)
    )


def _public_bytes(key: "PublicKeyTypes") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def is_from_public_authority(certificate: "Certificate") -> bool:
    """Tell by the address of its issuer's certificate; a private authority may need no intermediate."""
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return False
    return any(entry.access_method == AuthorityInformationAccessOID.CA_ISSUERS for entry in access)
