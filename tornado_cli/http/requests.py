"""Which request an object is at work for."""

from tornado.web import RequestHandler

from tornado_cli.app.blocked.report import Request
from tornado_cli.http.exchange import Exchange
from tornado_cli.logs.masking import mask_query


def request_of(owner: object) -> Request | None:
    """Return it for the objects of which every request has one; None for any other."""
    match owner:
        case RequestHandler(request=request):
            method, path, request_id = request.method, request.uri, request.headers.get("X-Request-ID", "")
        case Exchange():
            method, path, request_id = owner.method, owner.path, owner.request_id
        case _:
            return None
    return Request(method=method or "", path=mask_query(path or ""), request_id=request_id)
