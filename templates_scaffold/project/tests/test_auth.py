"""Sign up, log in, log out, and who may see what."""

from urllib.parse import urlencode

from tornado.httpclient import HTTPResponse

from project_name.db.users import Role

from .support import AppCase

PASSWORD = "correct horse battery"


class AuthTest(AppCase):
    def submit(self, path: str, cookie: str = "", **fields: str) -> HTTPResponse:
        return self.fetch(
            path,
            method="POST",
            body=urlencode(fields),
            headers={"Cookie": cookie},
            follow_redirects=False,
        )

    def see(self, path: str, cookie: str = "") -> HTTPResponse:
        headers = {"Cookie": cookie, "Accept": "text/html"}
        return self.fetch(path, headers=headers, follow_redirects=False)

    def sign_up(self, name: str = "ada") -> str:
        """Return the cookie of the session."""
        return session_of(self.submit("/signup", name=name, password=PASSWORD))

    def test_who_signs_up_is_logged_in(self) -> None:
        page = self.see("/account", self.sign_up())
        assert page.code == 200
        assert b"<h1>ada</h1>" in page.body

    def test_a_session_is_no_business_of_scripts_and_other_sites(self) -> None:
        cookies = self.submit("/signup", name="ada", password=PASSWORD).headers.get_list(
            "Set-Cookie"
        )
        [session] = [cookie for cookie in cookies if cookie.startswith("session=")]
        assert "HttpOnly" in session
        assert "SameSite=Lax" in session

    def test_a_name_can_be_had_once(self) -> None:
        self.sign_up()
        assert (
            b"This name is taken." in self.submit("/signup", name=" Ada ", password=PASSWORD).body
        )

    def test_what_is_wrong_is_said_and_no_password_comes_back(self) -> None:
        page = self.submit("/signup", name="<b>", password="too short")
        assert page.code == 422
        assert b"3 to 32 characters" in page.body
        assert b"At least 10 characters." in page.body
        assert b"&lt;b&gt;" in page.body
        assert b"too short" not in page.body

    def test_a_login_leads_to_where_one_wanted_to_go(self) -> None:
        self.sign_up()
        away = self.see("/account")
        assert away.headers["Location"] == "/login?next=%2Faccount"
        done = self.submit("/login", name="Ada", password=PASSWORD, next="/greeting")
        assert (done.code, done.headers["Location"]) == (303, "/greeting")

    def test_no_link_leads_from_the_login_to_another_site(self) -> None:
        self.sign_up()
        for place in ("https://evil.example", "//evil.example", "/\\evil.example"):
            done = self.submit("/login", name="ada", password=PASSWORD, next=place)
            assert done.headers["Location"] == "/account"

    def test_a_wrong_password_and_an_unknown_name_look_the_same(self) -> None:
        self.sign_up()
        pages = [self.submit("/login", name=name, password="wrong") for name in ("ada", "bob")]
        assert [page.code for page in pages] == [422, 422]
        assert pages[0].body.count(b"do not belong together") == 1
        assert pages[1].body.count(b"do not belong together") == 1

    def test_guessing_is_stopped(self) -> None:
        codes = [self.submit("/login", name="ada", password=str(n)).code for n in range(6)]
        assert codes == [422] * 5 + [429]

    def test_each_login_has_a_new_token_and_ends_the_old(self) -> None:
        old = self.sign_up()
        new = session_of(self.submit("/login", old, name="ada", password=PASSWORD))
        assert new != old  # % if not sessions == cookie
        assert self.see("/account", new).code == 200
        assert self.see("/account", old).code == 302  # % if not sessions == cookie

    def test_a_logout_ends_this_session(self) -> None:
        cookie = self.sign_up()
        done = self.submit("/logout", cookie)
        assert done.headers["Set-Cookie"].startswith('session="";')
        assert self.see("/account", cookie).code == 302  # % if not sessions == cookie

    def test_one_can_log_out_everywhere(self) -> None:
        one = self.sign_up()
        other = session_of(self.submit("/login", name="ada", password=PASSWORD))
        assert self.submit("/logout/everywhere", one).code == 303
        for cookie in (one, other):
            assert self.see("/account", cookie).code == 302

    def test_a_forged_session_is_none(self) -> None:
        for cookie in ("session=abc", "session=ada"):
            assert self.see("/account", cookie).code == 302

    def test_only_admins_see_who_is_there(self) -> None:
        assert self.see("/people", self.log_in("eve")).code == 403
        page = self.see("/people", self.log_in("ada", Role.ADMIN))
        assert page.code == 200
        assert b"<td>eve</td>" in page.body


def session_of(response: HTTPResponse) -> str:
    """Return the cookie of the session that an answer began."""
    assert response.code == 303, response.body
    cookies = response.headers.get_list("Set-Cookie")
    return next(one.split(";")[0] for one in cookies if one.startswith("session="))
