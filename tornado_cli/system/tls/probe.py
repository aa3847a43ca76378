"""A client that finds out what a server speaks: each question is a connection of its own."""

import socket
import ssl
import warnings
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from tornado_cli.errors import TcliError
from tornado_cli.records import Record

SECONDS: Final = 5.0
"""For each connection, from its beginning to the end of its handshake."""
_EVERYTHING: Final = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
_NOT_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG"})


class ProbeError(TcliError):
    """The server cannot be asked."""


class Greeting(Record, kw_only=True):
    """What a server agreed to with a client that accepts everything."""

    address: str
    protocol: str
    suite: str
    alpn: str
    chain: tuple[bytes, ...]
    """DER, as it was sent: the server's own first."""


class Probe:
    """Asks one server."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    def greet(self) -> Greeting:
        """Shake hands. Raises ProbeError with what stands in the way."""
        try:
            with self._shaken(_client()) as connection:
                suite = connection.cipher()
                return Greeting(
                    address=str(connection.getpeername()[0]),
                    protocol=connection.version() or "",
                    suite=suite[0] if suite else "",
                    alpn=connection.selected_alpn_protocol() or "",
                    chain=_chain_of(connection),
                )
        except OSError as error:
            raise self._explained(error) from None

    def refusal(self, authorities: Iterable[Path]) -> str:
        """Say why this machine does not trust the certificate, these authorities included; nothing when it does."""
        context = ssl.create_default_context()
        # For whom it is, is another question.
        context.check_hostname = False
        # Python's own, from 3.13 on; browsers are not so strict.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        for path in authorities:
            with suppress(OSError):
                context.load_verify_locations(path)
        try:
            with self._shaken(context):
                return ""
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        except OSError:
            # It was shaken hands with before: what fails now is no verdict.
            return ""

    def accepted_suite(self, version: ssl.TLSVersion, suites: str = _EVERYTHING) -> str:
        """Return the suite that the server takes when it may use only that version and one of these; or nothing."""
        try:
            with self._shaken(_client(version, version, suites)) as connection:
                suite = connection.cipher()
                return suite[0] if suite else ""
        except (OSError, ValueError):
            return ""

    def _shaken(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        plain = socket.create_connection((self._host, self._port), SECONDS)
        try:
            return context.wrap_socket(plain, server_hostname=self._host)
        except BaseException:
            plain.close()
            raise

    def _explained(self, error: OSError) -> ProbeError:
        place = f"{self._host}:{self._port}"
        match error:
            case socket.gaierror():
                return ProbeError(f"There is no host {self._host} ({error.strerror}).", hint="Is it spelled right?")
            case ConnectionRefusedError():
                return ProbeError(f"Nobody listens at {place}.", hint="Name its port: HOST:PORT")
            case TimeoutError():
                message = f"{place} does not answer within {SECONDS:g} seconds."
                return ProbeError(message, hint="Does it speak TLS? Name the port that speaks HTTPS: HOST:PORT")
            case ssl.SSLError() if error.reason in _NOT_TLS:
                return ProbeError(f"{place} does not speak TLS.", hint="Name the port that speaks HTTPS: HOST:PORT")
            case ssl.SSLEOFError() | ConnectionResetError():
                return ProbeError(f"{place} ends the connection before a handshake is done.")
            case ssl.SSLError():
                reason = (error.reason or str(error)).replace("_", " ").lower()
                return ProbeError(f"A handshake with {place} fails: {reason}.")
        return ProbeError(f"{place} cannot be reached: {error.strerror or error}.")


def _client(
    lowest: ssl.TLSVersion = ssl.TLSVersion.TLSv1,
    highest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    suites: str = _EVERYTHING,
) -> ssl.SSLContext:
    """Make a client that trusts everybody and accepts what is long forbidden: it only looks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.set_ciphers(suites)
    with warnings.catch_warnings():
        # That old versions are old is the question.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.maximum_version = highest
        context.minimum_version = lowest
    return context


def _chain_of(connection: ssl.SSLSocket) -> tuple[bytes, ...]:
    """Return what was sent. Public from Python 3.13 on, and there before under another name."""
    public: Any = getattr(connection, "get_unverified_chain", None)
    if public is not None:
        return tuple(public())
    import _ssl

    inner: Any = connection._sslobj  # type: ignore[attr-defined]  # noqa: SLF001
    return tuple(one.public_bytes(_ssl.ENCODING_DER) for one in inner.get_unverified_chain() or ())
