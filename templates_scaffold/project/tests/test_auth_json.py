"""Sign up, log in, log out, and who may see what, in JSON."""

import json

from tornado.httpclient import HTTPResponse

from project_name.db.users import Role

from .support import AppCase

PASSWORD = "correct horse battery"


class AuthTest(AppCase):
    def send(self, path: str, cookie: str = "", **fields: str) -> HTTPResponse:
        headers = {"Cookie": cookie, "Content-Type": "application/json"}
        return self.fetch(path, method="POST", body=json.dumps(fields), headers=headers)

    def see(self, path: str, cookie: str = "") -> HTTPResponse:
        return self.fetch(path, headers={"Cookie": cookie})

    def sign_up(self, name: str = "ada") -> str:
        """Return the cookie of the session."""
        return session_of(self.send("/signup", name=name, password=PASSWORD))

    def test_who_signs_up_is_logged_in(self) -> None:
        account = self.see("/account", self.sign_up())
        assert json.loads(account.body) == {"name": "ada", "role": "member"}

    def test_a_session_is_no_business_of_scripts_and_other_sites(self) -> None:
        cookie = self.send("/signup", name="ada", password=PASSWORD).headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie

    def test_a_name_can_be_had_once(self) -> None:
        self.sign_up()
        assert self.send("/signup", name=" Ada ", password=PASSWORD).code == 409

    def test_what_is_wrong_is_said_field_by_field(self) -> None:
        refused = self.send("/signup", name="<b>", password="too short")
        assert refused.code == 422
        fields = [error["field"] for error in json.loads(refused.body)["errors"]]
        assert fields == ["name", "password"]
        assert b"too short" not in refused.body

    def test_a_wrong_password_and_an_unknown_name_look_the_same(self) -> None:
        self.sign_up()
        assert self.send("/login", name="ada", password="wrong").code == 401
        assert self.send("/login", name="bob", password="wrong").code == 401

    def test_guessing_is_stopped(self) -> None:
        codes = [self.send("/login", name="ada", password=str(n)).code for n in range(6)]
        assert codes == [401] * 5 + [429]

    def test_each_login_has_a_new_token_and_ends_the_old(self) -> None:
        old = self.sign_up()
        new = session_of(self.send("/login", old, name="ada", password=PASSWORD))
        assert self.see("/account", new).code == 200
        assert self.see("/account", old).code == 401  # % if not sessions == cookie

    def test_a_logout_ends_this_session(self) -> None:
        cookie = self.sign_up()
        done = self.send("/logout", cookie)
        assert done.headers["Set-Cookie"].startswith('session="";')
        assert self.see("/account", cookie).code == 401  # % if not sessions == cookie

    def test_one_can_log_out_everywhere(self) -> None:
        one = self.sign_up()
        other = session_of(self.send("/login", name="ada", password=PASSWORD))
        assert self.send("/logout/everywhere", one).code == 204
        for cookie in (one, other):
            assert self.see("/account", cookie).code == 401

    def test_a_forged_session_is_none(self) -> None:
        for cookie in ("session=abc", "session=ada"):
            assert self.see("/account", cookie).code == 401

    def test_only_admins_see_who_is_there(self) -> None:
        assert self.see("/people", self.log_in("eve")).code == 403
        seen = self.see("/people", self.log_in("ada", Role.ADMIN))
        names = [person["name"] for person in json.loads(seen.body)["people"]]
        assert names == ["ada", "eve"]


def session_of(response: HTTPResponse) -> str:
    """Return the cookie of the session that an answer began."""
    assert response.code in (200, 201), response.body
    cookie: str = response.headers["Set-Cookie"]
    return cookie.split(";")[0]
