"""Who asks: what is between a login and a logout, for pages, programs and WebSockets alike."""

# % if pages
from urllib.parse import urlencode

# % endif
from tornado.web import HTTPError, RequestHandler

from ..accounts import Accounts
from ..db.sessions import LIFETIME, Sessions
from ..db.users import Role, User, Users
from ..throttle import Throttle


async def find_user(handler: RequestHandler) -> User | None:
    token = token_of(handler)
    return await sessions_of(handler).user_of(token) if token else None


def check_access(handler: RequestHandler, needs: Role | None) -> None:
    user: User | None = handler.current_user
    if needs is None or (user and user.may(needs)):
        return
    # % if pages
    is_browser = "text/html" in handler.request.headers.get("Accept", "")
    if user is None and is_browser and handler.request.method == "GET":
        after_login = urlencode({"next": handler.request.uri})
        handler.redirect(f"{handler.reverse_url('log_in')}?{after_login}")
        return
    # % endif
    raise HTTPError(403 if user else 401)


async def log_in(handler: RequestHandler, user: User) -> None:
    """Start a session under a new token: one that was known before is worth nothing now."""
    old = token_of(handler)
    if old:
        await sessions_of(handler).end(old)
    handler.set_signed_cookie(
        cookie_name(handler),
        await sessions_of(handler).start(user),
        expires_days=LIFETIME.days,
        httponly=True,
        samesite="Lax",
        secure=handler.request.protocol == "https",
    )


async def log_out(handler: RequestHandler) -> None:
    token = token_of(handler)
    if token:
        await sessions_of(handler).end(token)
    forget_cookie(handler)


async def log_out_everywhere(handler: RequestHandler, user: User) -> None:
    await sessions_of(handler).end_all(user)
    forget_cookie(handler)


def check_tries(handler: RequestHandler, name: str = "") -> None:
    """Refuse who tries too often: from one address, or a name that is known one from there."""
    address = handler.request.remote_ip or ""
    of_addresses: Throttle = handler.settings["throttle_of_addresses"]
    of_names: Throttle = handler.settings["throttle_of_names"]
    if not of_addresses.allows(address):
        raise HTTPError(429)
    if name and not of_names.allows(f"{address} {name.lower()}"):
        raise HTTPError(429)


def accounts_of(handler: RequestHandler) -> Accounts:
    return Accounts(Users(handler.settings["database"]), handler.settings["passwords"])


def sessions_of(handler: RequestHandler) -> Sessions:
    sessions: Sessions = handler.settings["sessions"]
    return sessions


def token_of(handler: RequestHandler) -> str:
    token = handler.get_signed_cookie(cookie_name(handler), max_age_days=LIFETIME.days)
    return token.decode() if token else ""


def forget_cookie(handler: RequestHandler) -> None:
    secure = handler.request.protocol == "https"
    handler.clear_cookie(cookie_name(handler), secure=secure)


def cookie_name(handler: RequestHandler) -> str:
    """Under TLS a name that browsers accept from this very host alone."""
    return "__Host-session" if handler.request.protocol == "https" else "session"
