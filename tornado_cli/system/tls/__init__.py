"""TLS material: certificate and key files, judged once and carried to the workers in memory.

The top process reads the files: it alone may have the right to. What leaves it is a descriptor, so that a worker
needs neither the files nor the right to read them.
"""

from tornado_cli.system.tls.authorities import Authorities, read_authorities
from tornado_cli.system.tls.bundle import Bundle, ServedPair
from tornado_cli.system.tls.chain import names_of
from tornado_cli.system.tls.context import server_context
from tornado_cli.system.tls.credentials import Credentials, TlsFiles, read_credentials
from tornado_cli.system.tls.pem import TlsError
from tornado_cli.system.tls.terms import TlsTerms
from tornado_cli.system.tls.validity import Period

__all__ = [
    "Authorities",
    "Bundle",
    "Credentials",
    "Period",
    "ServedPair",
    "TlsError",
    "TlsFiles",
    "TlsTerms",
    "names_of",
    "read_authorities",
    "read_credentials",
    "server_context",
]
