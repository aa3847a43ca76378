"""The context of a serving process, built from a descriptor."""

import ssl
from collections.abc import Callable, Sequence

from tornado_cli.system.tls.bundle import Bundle
from tornado_cli.system.tls.sealed_file import path_to
from tornado_cli.system.tls.server_names import ServerNames
from tornado_cli.system.tls.terms import TlsTerms, new_context

ChooseContext = Callable[[ssl.SSLSocket | ssl.SSLObject, str | None, ssl.SSLContext], None]


def server_context(descriptor: int) -> ssl.SSLContext:
    """Build a context from `Bundle.open_descriptor`; the descriptor stays open.

    It is never changed afterwards: a pair that does not fit would break it for good. A new one takes its place.
    """
    bundle = Bundle.read(descriptor)
    first, *others = [context_of(pair.pem.encode(), bundle.terms, bundle.authorities) for pair in bundle.pairs]
    if others:
        first.sni_callback = _chooser(ServerNames([pair.names for pair in bundle.pairs]), others)
    return first


def context_of(pem: bytes, terms: TlsTerms, authorities: str = "") -> ssl.SSLContext:
    """Build the context of one certificate; raises ssl.SSLError for one that OpenSSL refuses."""
    context = new_context(terms, authorities)
    with path_to(pem) as path:
        # The key is not encrypted; if it ever were, an empty password fails where none at all would prompt.
        context.load_cert_chain(path, password="")
    return context


def _chooser(names: ServerNames, others: Sequence[ssl.SSLContext]) -> ChooseContext:
    def choose(connection: ssl.SSLSocket | ssl.SSLObject, asked: str | None, _first: ssl.SSLContext) -> None:
        place = names.place_of(asked)
        if place:
            connection.context = others[place - 1]

    return choose
