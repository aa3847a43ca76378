"""Files: uploaded straight to the disk, downloaded whole or in parts."""

import asyncio
from typing import cast

from python_multipart.multipart import parse_options_header
from tornado.http1connection import HTTP1Connection
from tornado.web import HTTPError, StaticFileHandler, stream_request_body, url

from ..db.users import Role  # % if auth
from ..uploads import Incoming, Uploads
from .base import BaseHandler

LARGEST_MIB = 100
LARGEST = LARGEST_MIB * 1024 * 1024


@stream_request_body
class FilesHandler(BaseHandler):
    # % if auth
    needs = Role.MEMBER
    # % endif
    incoming: Incoming | None = None

    @property
    def uploads(self) -> Uploads:
        return Uploads(self.settings["config"].uploads)

    async def prepare(self) -> None:
        """Be ready for the body, which comes from now on."""
        await super().prepare()
        if self.request.method != "POST":
            return
        length = self.request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > LARGEST:
            raise HTTPError(413)
        cast(HTTP1Connection, self.request.connection).set_max_body_size(LARGEST)
        kind, options = parse_options_header(self.request.headers.get("Content-Type", ""))
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise HTTPError(415)
        self.incoming = Incoming(self.uploads, boundary)

    async def data_received(self, chunk: bytes) -> None:
        """Write, off the loop; more is read when this is done."""
        if self.incoming is not None:
            await asyncio.to_thread(self.incoming.feed, chunk)

    def get(self) -> None:
        self.render("files.html", files=self.uploads.all(), error="", largest=LARGEST_MIB)

    def post(self) -> None:
        upload = self.incoming.keep() if self.incoming else None
        if upload is None:
            self.set_status(422)
            error = self.locale.translate("Please choose a file.")
            self.render("files.html", files=self.uploads.all(), error=error, largest=LARGEST_MIB)
            return
        # % if i18n
        self.flash(self.locale.translate("%s is here.") % upload.name)
        # % else
        # %| self.flash(f"{upload.name} is here.")
        # % endif
        self.redirect(self.reverse_url("files"), status=303)

    def on_finish(self) -> None:
        super().on_finish()
        self.tidy()

    def on_connection_close(self) -> None:
        self.tidy()

    def tidy(self) -> None:
        if self.incoming is not None:
            self.incoming.discard()


class DownloadHandler(BaseHandler, StaticFileHandler):
    # % if auth
    needs = Role.MEMBER

    # % endif
    def initialize(self) -> None:  # type: ignore[override]
        super().initialize(path=str(self.settings["config"].uploads))

    def set_extra_headers(self, path: str) -> None:
        # Saved and never shown: what others uploaded is no page of ours.
        self.set_header("Content-Disposition", "attachment")
        self.set_header("Cache-Control", "private, no-cache")

    def compute_etag(self) -> str | None:
        """Name it after its folder: what is in there never changes."""
        return f'"{self.path.partition("/")[0]}"'


ROUTES = [
    url(r"/files", FilesHandler, name="files"),
    url(r"/files/([0-9a-f]{32}/[^/]+)", DownloadHandler, name="file"),
]
