"""Log in at a provider: there with a question, back with an answer."""

import logging

from pydantic import ValidationError
from tornado.web import HTTPError, url

from ..db.identities import Identities
from ..oauth.accounts import account_of
from ..oauth.attempt import Attempt
from ..oauth.exchange import Exchange, ProviderError
from ..oauth.providers import Client
from .base import BaseHandler
from .login import check_tries, log_in
from .next_page import next_page  # % if pages

# Ten minutes, in days.
LIFETIME = 10 / (24 * 60)

TAKEN = "Somebody else logs in by that account already."  # % if pages

logger = logging.getLogger(__name__)


class ProviderHandler(BaseHandler):
    @property
    def exchange(self) -> Exchange:
        exchange: Exchange = self.settings["oauth"]
        return exchange

    def client_at(self, provider: str) -> Client:
        client = self.exchange.clients.get(provider)
        if client is None:
            raise HTTPError(404)
        return client

    def redirect_uri(self, provider: str) -> str:
        """Where the provider sends people back; it knows this address."""
        path = self.reverse_url("oauth_callback", provider)
        return f"{self.request.protocol}://{self.request.host}{path}"

    @property
    def cookie(self) -> str:
        return "__Host-oauth" if self.request.protocol == "https" else "oauth"


# % if not pages
class ProvidersHandler(ProviderHandler):
    async def get(self) -> None:
        """Tell which providers there are, and which of them the user is known to."""
        user = self.current_user
        linked = sorted(await Identities(self.database).of(user)) if user else []
        self.finish({"providers": sorted(self.exchange.clients), "linked": linked})


# % endif
class StartHandler(ProviderHandler):
    def post(self, provider: str) -> None:
        client = self.client_at(provider)
        check_tries(self)
        # % if pages
        attempt = Attempt(provider=provider, next_page=next_page(self, "account"))
        # % else
        # %| attempt = Attempt(provider=provider)
        # % endif
        self.set_signed_cookie(
            self.cookie,
            attempt.model_dump_json(),
            expires_days=None,
            httponly=True,
            samesite="Lax",
            secure=self.request.protocol == "https",
        )
        there = client.authorize_url(attempt, self.redirect_uri(provider))
        # % if pages
        self.redirect(there, status=303)
        # % else
        # %| self.finish({"authorize_url": there})
        # % endif


class CallbackHandler(ProviderHandler):
    async def get(self, provider: str) -> None:
        self.client_at(provider)
        attempt = self.take_attempt()
        if attempt is None or not attempt.is_answered(
            provider, self.get_query_argument("state", "")
        ):
            raise HTTPError(400)
        code = self.get_query_argument("code", "")
        if not code:
            # % if pages
            return self.give_up("log_in", self.locale.translate("You were not let in there."))
            # % else
            # %| raise HTTPError(403)
            # % endif
        try:
            person = await self.exchange.person(attempt, code, self.redirect_uri(provider))
        except ProviderError as error:
            logger.warning("Nobody logs in: %s", error)
            raise HTTPError(502) from error
        user = await account_of(person, Identities(self.database), self.current_user)
        if user is None:
            # % if pages
            return self.give_up("account", self.locale.translate(TAKEN))
            # % else
            # %| raise HTTPError(409)
            # % endif
        await log_in(self, user)
        # % if pages
        self.redirect(attempt.next_page, status=303)
        # % else
        # %| self.finish({"name": user.name, "role": user.role})
        # % endif

    # % if pages
    def give_up(self, page: str, message: str) -> None:
        self.flash(message)
        self.redirect(self.reverse_url(page), status=303)

    # % endif
    def take_attempt(self) -> Attempt | None:
        """Return the attempt of this browser, once."""
        kept = self.get_signed_cookie(self.cookie, max_age_days=LIFETIME)
        self.clear_cookie(self.cookie, secure=self.request.protocol == "https")
        try:
            return Attempt.model_validate_json(kept) if kept else None
        except ValidationError:
            return None


ROUTES = [
    # % if not pages
    # %| url(r"/oauth", ProvidersHandler, name="oauth"),
    # % endif
    url(r"/oauth/([a-z]+)", StartHandler, name="oauth_start"),
    url(r"/oauth/([a-z]+)/callback", CallbackHandler, name="oauth_callback"),
]
