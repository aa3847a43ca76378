"""The pages to sign up, log in and log out, and those for members and admins alone."""

from pydantic import ValidationError
from tornado.web import url

from ..accounts import Credentials, NewAccount
from ..db.identities import Identities  # % if oauth
from ..db.users import Role, Users
from .base import BaseHandler
from .login import accounts_of, check_tries, log_in, log_out, log_out_everywhere
from .next_page import next_page

FAULTS = {
    "name": "3 to 32 characters: small letters, digits and . _ -, a letter first.",
    "password": "At least 10 characters.",
}


class FormHandler(BaseHandler):
    def form(self) -> dict[str, str]:
        name = self.get_body_argument("name", "")
        return {"name": name, "password": self.get_body_argument("password", "", strip=False)}


class SignUpHandler(FormHandler):
    def get(self) -> None:
        self.render("sign_up.html", name="", errors={})

    async def post(self) -> None:
        form = self.form()
        check_tries(self, form["name"])
        try:
            wanted = NewAccount.model_validate(form)
        except ValidationError as error:
            wrong = {str(one["loc"][0]) for one in error.errors()}
            faults = {field: self.locale.translate(FAULTS[field]) for field in wrong}
            return self.refuse(form["name"], faults)
        user = await accounts_of(self).sign_up(wanted)
        if user is None:
            return self.refuse(form["name"], {"name": self.locale.translate("This name is taken.")})
        await log_in(self, user)
        # % if i18n
        self.flash(self.locale.translate("Welcome, %s!") % user.name)
        # % else
        # %| self.flash(f"Welcome, {user.name}!")
        # % endif
        return self.redirect(self.reverse_url("account"), status=303)

    def refuse(self, name: str, errors: dict[str, str]) -> None:
        self.set_status(422)
        self.render("sign_up.html", name=name, errors=errors)


class LogInHandler(FormHandler):
    def get(self) -> None:
        self.show(name="", error="")

    async def post(self) -> None:
        form = self.form()
        check_tries(self, form["name"])
        try:
            user = await accounts_of(self).log_in(Credentials.model_validate(form))
        except ValidationError:
            user = None
        if user is None:
            self.set_status(422)
            error = self.locale.translate("This name and this password do not belong together.")
            return self.show(name=form["name"], error=error)
        await log_in(self, user)
        return self.redirect(next_page(self, "account"), status=303)

    def show(self, name: str, error: str) -> None:
        there = next_page(self, "account")
        self.render("log_in.html", name=name, error=error, next_page=there)


class LogOutHandler(BaseHandler):
    async def post(self) -> None:
        await log_out(self)
        self.redirect(self.reverse_url("home"), status=303)


class LogOutEverywhereHandler(BaseHandler):
    needs = Role.MEMBER

    async def post(self) -> None:
        await log_out_everywhere(self, self.current_user)
        self.flash(self.locale.translate("You are logged out on all devices."))
        self.redirect(self.reverse_url("home"), status=303)


class AccountHandler(BaseHandler):
    needs = Role.MEMBER

    # % if not oauth
    # %| def get(self) -> None:
    # %|     self.render("account.html", user=self.current_user)
    # % else
    async def get(self) -> None:
        linked = await Identities(self.database).of(self.current_user)
        self.render("account.html", user=self.current_user, linked=linked)
        # % endif


class PeopleHandler(BaseHandler):
    needs = Role.ADMIN

    async def get(self) -> None:
        self.render("people.html", people=await Users(self.database).all())


ROUTES = [
    url(r"/signup", SignUpHandler, name="sign_up"),
    url(r"/login", LogInHandler, name="log_in"),
    url(r"/logout", LogOutHandler, name="log_out"),
    url(r"/logout/everywhere", LogOutEverywhereHandler, name="log_out_everywhere"),
    url(r"/account", AccountHandler, name="account"),
    url(r"/people", PeopleHandler, name="people"),
]
