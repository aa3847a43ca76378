"""The private key: found, decrypted and found strong enough, never with a prompt."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tornado_cli.system.tls.pem import TlsError, TlsFile, read_file

# cryptography costs more than everything else here together, and a worker needs none of it: imported where called.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

# What Mozilla's guideline asks for.
RSA_BITS: Final = 2048


def private_key(file: TlsFile, password_file: Path | None) -> "PrivateKeyTypes":
    """Return the first private key in a file."""
    block = next((block for label, block in file.blocks() if label.endswith("PRIVATE KEY")), None)
    if block is None:
        message = f"{file.option}: there is no private key in {file.path} (found: {file.found()})."
        raise TlsError(message, hint=_place_for_it(file))
    if _is_encrypted(block):
        key = _opened(block, file, password_file)
    else:
        if password_file is not None:
            # Nothing needs it yet: a name that is wrong would be told when the next key is encrypted.
            read_file(password_file, "--keyfile-password-file")
        key = _loaded(block, file)
    _check_strength(key, file)
    return key


def _place_for_it(file: TlsFile) -> str:
    if file.option in {"--certfile", "--keyfile"}:
        return "Name the file that holds it: --keyfile PATH"
    return f"Put it beside the certificate, as {file.path.with_suffix('.key').name}, or into the same file."


def key_pem(key: "PrivateKeyTypes") -> bytes:
    """Return a key as PEM without a password."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _is_encrypted(block: bytes) -> bool:
    return block.startswith(b"-----BEGIN ENCRYPTED ") or b"Proc-Type: 4,ENCRYPTED" in block


def _opened(block: bytes, file: TlsFile, password_file: Path | None) -> "PrivateKeyTypes":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if password_file is None:
        message = f"The private key in {file.path} is encrypted and there is no password."
        raise TlsError(message, hint="Name a file that holds the password: --keyfile-password-file PATH")
    password = read_file(password_file, "--keyfile-password-file").data.removesuffix(b"\n").removesuffix(b"\r")
    try:
        return load_pem_private_key(block, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        message = f"The password in {password_file} does not open the private key in {file.path}."
        raise TlsError(message, hint=f"Try it by hand: {_openssl(file)}") from None


def _loaded(block: bytes, file: TlsFile) -> "PrivateKeyTypes":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(block, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        message = f"The private key in {file.path} is damaged or of an unknown kind."
        raise TlsError(message, hint=f"Ask OpenSSL: {_openssl(file)}") from None


def _openssl(file: TlsFile) -> str:
    return f"openssl pkey -noout -in {shlex.quote(str(file.path))}"


def _check_strength(key: "PrivateKeyTypes", file: TlsFile) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    served = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
    if not isinstance(key, served):
        raise TlsError(
            f"The private key in {file.path} is of a kind that TLS does not serve.", hint="Use RSA or ECDSA."
        )
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < RSA_BITS:
        message = f"The RSA key in {file.path} is too weak: {key.key_size} bits, at least {RSA_BITS} are needed."
        raise TlsError(message, hint="Have a certificate made for a new key, best ECDSA P-256.")
