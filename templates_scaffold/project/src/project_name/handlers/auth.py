"""The pages to sign up, log in and log out, and those for members and admins alone."""

from pydantic import ValidationError
from tornado.web import url

from ..accounts import Credentials, NewAccount
from ..db.users import Role, Users
from .base import BaseHandler
from .login import accounts_of, check_tries, log_in, log_out, log_out_everywhere

FAULTS = {
    "name": "3 to 32 characters: small letters, digits and . _ -, a letter first.",
    "password": "At least 10 characters.",
}


class FormHandler(BaseHandler):
    def form(self) -> dict[str, str]:
        name = self.get_body_argument("name", "")
        return {"name": name, "password": self.get_body_argument("password", "", strip=False)}

    def next_page(self) -> str:
        """Where to go on: a path of this site, whatever the link that led here says."""
        path = self.get_argument("next", "")
        is_ours = path.startswith("/") and not path.startswith(("//", "/\\"))
        return path if is_ours else self.reverse_url("account")


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
            return self.refuse(form["name"], {field: FAULTS[field] for field in wrong})
        user = await accounts_of(self).sign_up(wanted)
        if user is None:
            return self.refuse(form["name"], {"name": "This name is taken."})
        await log_in(self, user)
        self.flash(f"Welcome, {user.name}!")
        return self.redirect(self.reverse_url("account"), status=303)

    def refuse(self, name: str, errors: dict[str, str]) -> None:
        self.set_status(422)
        self.render("sign_up.html", name=name, errors=errors)


class LogInHandler(FormHandler):
    def get(self) -> None:
        self.render("log_in.html", name="", error="", next_page=self.next_page())

    async def post(self) -> None:
        form = self.form()
        check_tries(self, form["name"])
        try:
            user = await accounts_of(self).log_in(Credentials.model_validate(form))
        except ValidationError:
            user = None
        if user is None:
            error = "This name and this password do not belong together."
            self.set_status(422)
            self.render("log_in.html", name=form["name"], error=error, next_page=self.next_page())
            return
        await log_in(self, user)
        self.redirect(self.next_page(), status=303)


class LogOutHandler(BaseHandler):
    async def post(self) -> None:
        await log_out(self)
        self.redirect(self.reverse_url("home"), status=303)


class LogOutEverywhereHandler(BaseHandler):
    needs = Role.MEMBER

    async def post(self) -> None:
        await log_out_everywhere(self, self.current_user)
        self.flash("You are logged out on all devices.")
        self.redirect(self.reverse_url("home"), status=303)


class AccountHandler(BaseHandler):
    needs = Role.MEMBER

    def get(self) -> None:
        self.render("account.html", user=self.current_user)


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
