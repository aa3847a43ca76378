"""The TLS context of a serving process: another one takes its place for new handshakes; what is open keeps its own."""

import ssl
from collections.abc import Sequence

from tornado_cli.http.terms import Terms
from tornado_cli.system.children import close_all


def context_from(descriptors: Sequence[int]) -> ssl.SSLContext | None:
    """Build what came along with an order, and close what it came in; None when nothing came.

    Raises OSError, and ssl.SSLError among it, when this process cannot.
    """
    if not descriptors:
        return None
    # Not everybody serves TLS.
    from tornado_cli.system.tls.context import server_context

    try:
        return server_context(descriptors[0])
    finally:
        close_all(descriptors)


def for_our_sockets(context: ssl.SSLContext, terms: Terms) -> ssl.SSLContext:
    """Have connections of this context be ours, which tell plain HTTP from handshakes."""
    # As above: not everybody serves TLS.
    from tornado_cli.http.refusals.refused import Refused
    from tornado_cli.http.tls.accept import TlsSocket

    class Ours(TlsSocket):
        # A socket is made by its context, which hands it nothing: so its class knows.
        _refused = Refused(terms.tally) if terms.guard is None else terms.guard.refused

    context.sslsocket_class = Ours
    return context
