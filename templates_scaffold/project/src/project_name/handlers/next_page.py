"""Where to go on after a form."""

from tornado.web import RequestHandler


def next_page(handler: RequestHandler, otherwise: str) -> str:
    """Return a path of this site, whatever the link says that led here."""
    path = handler.get_argument("next", "")
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_ours else handler.reverse_url(otherwise)
