"""TLS material: certificate and key files, judged once and carried to the workers in memory.

The top process reads the files before anything forks: it alone may have the right to. What leaves it is a
descriptor, so that a worker needs neither the files nor the right to read them.
"""

from tornado_cli.system.tls.chain import names_of, validity_warning
from tornado_cli.system.tls.context import server_context
from tornado_cli.system.tls.credentials import Credentials, TlsFiles, read_credentials
from tornado_cli.system.tls.pem import TlsError

__all__ = [
    "Credentials",
    "TlsError",
    "TlsFiles",
    "names_of",
    "read_credentials",
    "server_context",
    "validity_warning",
]
