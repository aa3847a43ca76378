"""Development certificates: a local authority, held to loopback names, and the leaves it signs."""

from tornado_cli.system.certificates.development import (
    DevelopmentCertificate,
    certificate_folder,
    development_certificate,
)
from tornado_cli.system.certificates.folder import DevelopmentCertificateError

__all__ = ["DevelopmentCertificate", "DevelopmentCertificateError", "certificate_folder", "development_certificate"]
