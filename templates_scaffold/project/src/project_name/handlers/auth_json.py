"""Sign up, log in and log out, in JSON, and what members and admins alone may see."""

from tornado.web import HTTPError, url

from ..accounts import Credentials, NewAccount
from ..db.users import Role, User, Users
from .base import BaseHandler
from .json_body import json_of, refusing
from .login import accounts_of, check_tries, log_in, log_out, log_out_everywhere


def view_of(user: User) -> dict[str, str]:
    return {"name": user.name, "role": user.role}


class SignUpHandler(BaseHandler):
    async def post(self) -> None:
        with refusing():
            wanted = NewAccount.model_validate_json(json_of(self))
        check_tries(self, wanted.name)
        user = await accounts_of(self).sign_up(wanted)
        if user is None:
            raise HTTPError(409)
        await log_in(self, user)
        self.set_status(201)
        self.finish(view_of(user))


class LogInHandler(BaseHandler):
    async def post(self) -> None:
        with refusing():
            given = Credentials.model_validate_json(json_of(self))
        check_tries(self, given.name)
        user = await accounts_of(self).log_in(given)
        if user is None:
            raise HTTPError(401)
        await log_in(self, user)
        self.finish(view_of(user))


class LogOutHandler(BaseHandler):
    async def post(self) -> None:
        await log_out(self)
        self.set_status(204)


class LogOutEverywhereHandler(BaseHandler):
    needs = Role.MEMBER

    async def post(self) -> None:
        await log_out_everywhere(self, self.current_user)
        self.set_status(204)


class AccountHandler(BaseHandler):
    needs = Role.MEMBER

    def get(self) -> None:
        self.finish(view_of(self.current_user))


class PeopleHandler(BaseHandler):
    needs = Role.ADMIN

    async def get(self) -> None:
        self.finish({"people": [view_of(user) for user in await Users(self.database).all()]})


ROUTES = [
    url(r"/signup", SignUpHandler, name="sign_up"),
    url(r"/login", LogInHandler, name="log_in"),
    url(r"/logout", LogOutHandler, name="log_out"),
    url(r"/logout/everywhere", LogOutEverywhereHandler, name="log_out_everywhere"),
    url(r"/account", AccountHandler, name="account"),
    url(r"/people", PeopleHandler, name="people"),
]
