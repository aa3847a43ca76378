"""All that a serving process needs for TLS, in one file without a name: it need not be able to read any other."""

import json
from collections.abc import Sequence

from tornado_cli.records import Record
from tornado_cli.system.memory_files import read_file
from tornado_cli.system.tls.sealed_file import sealed_file
from tornado_cli.system.tls.terms import TlsTerms


class ServedPair(Record):
    """A certificate's names, and its chain and key as one PEM text."""

    names: Sequence[str]
    pem: str

    def __repr__(self) -> str:
        return f"ServedPair({', '.join(self.names)})"


class Bundle(Record):
    pairs: Sequence[ServedPair]
    """The first is for clients who ask for no name, or for one that is nobody's."""
    terms: TlsTerms = TlsTerms()
    authorities: str = ""
    """Who vouches for clients, PEM."""

    def open_descriptor(self) -> int:
        """Open a nameless file, for `server_context` in this process or in a child.

        It is not inherited by accident: pass it on over a socket. The caller closes it.
        """
        plain = {
            "pairs": [[list(pair.names), pair.pem] for pair in self.pairs],
            "terms": vars(self.terms),
            "authorities": self.authorities,
        }
        return sealed_file(json.dumps(plain).encode())

    @classmethod
    def read(cls, descriptor: int) -> "Bundle":
        """Undo `open_descriptor`; the descriptor stays open."""
        plain = json.loads(read_file(descriptor))
        pairs = [ServedPair(names, pem) for names, pem in plain["pairs"]]
        return cls(pairs, TlsTerms(**plain["terms"]), plain["authorities"])
