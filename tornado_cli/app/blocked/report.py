"""Says in one line what has held the event loop."""

import logging

from tornado_cli.app.blocked.stretch import Blocked
from tornado_cli.app.sites import Site, blame_of
from tornado_cli.logs.events import event
from tornado_cli.records import Record

logger = logging.getLogger("tornado_cli.app")


class Request(Record, kw_only=True):
    """The request that the loop was held for."""

    method: str
    path: str
    request_id: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}, request {self.request_id}"


def tell_blocked(blocked: Blocked[Site, Request], kept_back: int) -> None:
    """Log it; so many reports of the same place were kept back."""
    blame, request = blame_of(blocked.site), blocked.request
    since = "was" if blocked.is_over else "has been"
    text = f"The event loop {since} blocked for {blocked.seconds:.2f} s by {blame}"
    text += f" ({request})" if request else ""
    text += f", in {blame.called}" if blame.called else ""
    text += "." if blocked.is_over else ", and still is."
    text += f" {kept_back} more times before." if kept_back else ""
    of_request = {"method": request.method, "path": request.path, "request_id": request.request_id} if request else {}
    event(
        logger,
        logging.WARNING,
        "loop_blocked",
        text,
        file=blame.file,
        line=blame.line,
        function=blame.function,
        called=blame.called,
        seconds=round(blocked.seconds, 3),
        is_over=blocked.is_over,
        kept_back=kept_back,
        **of_request,
    )
