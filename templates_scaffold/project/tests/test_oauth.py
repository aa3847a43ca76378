"""Logins by a provider, which is a fake."""

# % if not pages
# %| import json
# % endif
from typing import Any
from urllib.parse import urlencode

import pytest
from tornado import web
from tornado.httpclient import HTTPResponse
from tornado.httputil import url_concat

from project_name.oauth.accounts import names_for
from project_name.oauth.providers import Person, clients_in

from .fake_provider import FakeProvider
from .support import AppCase, settings_of

LOGGED_IN = 303  # % if pages
# % if not pages
# %| LOGGED_IN = 200
# % endif


class OAuthTest(AppCase):
    def get_app(self) -> web.Application:
        app = super().get_app()
        self.provider = FakeProvider()
        app.settings["oauth"].clients = {"github": self.provider.client}
        return app

    def tearDown(self) -> None:
        self.io_loop.run_sync(self.provider.close)
        super().tearDown()

    def see(self, path: str, cookie: str = "") -> HTTPResponse:
        headers = {"Cookie": cookie, "Accept": "text/html"}
        return self.fetch(path, headers=headers, follow_redirects=False)

    def send(self, path: str, cookie: str = "", **fields: str) -> HTTPResponse:
        return self.fetch(
            path,
            method="POST",
            body=urlencode(fields),
            headers={"Cookie": cookie},
            follow_redirects=False,
        )

    def start(self, cookie: str = "", **fields: str) -> tuple[str, str]:
        """Return where the provider sends back to, and the cookie of the attempt."""
        started = self.send("/oauth/github", cookie, **fields)
        # % if pages
        assert started.code == 303
        there = started.headers["Location"]
        # % else
        # %| there = json.loads(started.body)["authorize_url"]
        # % endif
        back = self.see(there).headers["Location"]
        return back.removeprefix(self.get_url("")), cookie_named("oauth", started)

    def log_in_there(self, cookie: str = "", **fields: str) -> HTTPResponse:
        back, attempt = self.start(cookie, **fields)
        return self.see(back, f"{attempt}; {cookie}")

    def name_of(self, response: HTTPResponse) -> str:
        """Return whose session an answer began."""
        assert response.code == LOGGED_IN, response.body
        page = self.see("/account", cookie_named("session", response))
        # % if pages
        return page.body.decode().partition("<h1>")[2].partition("</h1>")[0]
        # % else
        # %| name: str = json.loads(page.body)["name"]
        # %| return name
        # % endif

    def test_who_comes_by_a_provider_has_an_account_and_has_it_again(self) -> None:
        assert self.name_of(self.log_in_there()) == "octo-cat"
        self.provider.person = {"id": 583231, "login": "renamed"}
        assert self.name_of(self.log_in_there()) == "octo-cat"

    def test_a_name_that_is_taken_is_made_another(self) -> None:
        self.log_in("octo-cat")
        assert self.name_of(self.log_in_there()).startswith("octo-cat-")

    def test_who_is_logged_in_gets_a_second_way_in(self) -> None:
        ada = self.log_in("ada")
        assert self.name_of(self.log_in_there(ada)) == "ada"
        assert self.name_of(self.log_in_there()) == "ada"
        # % if pages
        assert b"You can log in with GitHub." in self.see("/account", ada_again(self)).body
        # % else
        # %| told = json.loads(self.see("/oauth", ada_again(self)).body)
        # %| assert told == {"providers": ["github"], "linked": ["github"]}
        # % endif

    def test_a_way_in_leads_to_one_account(self) -> None:
        self.log_in_there()
        refused = self.log_in_there(self.log_in("ada"))
        # % if pages
        assert refused.headers["Location"] == "/account"
        # % else
        # %| assert refused.code == 409
        # % endif
        assert "session=" not in str(refused.headers.get_list("Set-Cookie"))

    # % if pages
    def test_a_login_leads_to_where_one_wanted_to_go_and_to_no_other_site(self) -> None:
        assert b"Log in with GitHub" in self.see("/login?next=/wall").body
        assert self.log_in_there(next="/wall").headers["Location"] == "/wall"
        assert self.log_in_there(next="//evil.example").headers["Location"] == "/account"

    def test_forms_may_lead_to_the_provider(self) -> None:
        policy = self.see("/login").headers["Content-Security-Policy"]
        assert f"form-action 'self' {self.provider.url};" in policy

    # % endif
    def test_the_answer_to_an_attempt_of_somebody_else_is_refused(self) -> None:
        back, _ = self.start()
        _, other = self.start()
        for cookie in ("", other, "oauth=forged"):
            assert self.see(back, cookie).code == 400
        assert self.name_of(self.log_in_there()) == "octo-cat"

    def test_a_code_is_worth_nothing_in_another_attempt(self) -> None:
        stolen = self.start()[0].partition("code=")[2].partition("&")[0]
        back, attempt = self.start()
        path, _, query = back.partition("?")
        state = query.partition("state=")[2]
        assert self.see(f"{path}?code={stolen}&state={state}", attempt).code == 502

    def test_an_answer_counts_once(self) -> None:
        back, attempt = self.start()
        done = self.see(back, attempt)
        assert done.code == LOGGED_IN
        assert cookie_named("oauth", done) == 'oauth=""'
        assert self.see(back, attempt).code == 502

    def test_who_is_not_let_in_there_is_not_let_in_here(self) -> None:
        back, attempt = self.start()
        path, _, query = back.partition("?")
        answer = {"error": "access_denied", "state": query.partition("state=")[2]}
        refused = self.see(url_concat(path, answer), attempt)
        # % if pages
        assert refused.headers["Location"] == "/login"
        # % else
        # %| assert refused.code == 403
        # % endif
        assert "session=" not in str(refused.headers.get_list("Set-Cookie"))

    def test_a_provider_that_talks_nonsense_lets_nobody_in(self) -> None:
        for person in ("nonsense", {"id": None}, {"login": "ada"}, '["ada"]'):
            self.provider.person = person
            assert self.log_in_there().code == 502

    def test_a_provider_that_is_away_lets_nobody_in(self) -> None:
        back, attempt = self.start()
        self.io_loop.run_sync(self.provider.close)
        assert self.see(back, attempt).code == 502

    def test_other_sites_begin_no_login(self) -> None:
        headers = {"Origin": "https://elsewhere.example"}
        assert self.fetch("/oauth/github", method="POST", body="", headers=headers).code == 403

    def test_a_provider_that_was_told_nothing_of_us_is_not_there(self) -> None:
        assert b"Google" not in self.see("/login").body  # % if pages
        assert self.send("/oauth/google").code == 404
        assert self.see("/oauth/google/callback").code == 404

    def test_nobody_logs_in_by_password_to_an_account_without_one(self) -> None:
        self.log_in_there()
        given = {"name": "octo-cat", "password": "nobody"}
        # % if pages
        refused = self.send("/login", **given)
        # % else
        # %| kind = {"Content-Type": "application/json"}
        # %| body = json.dumps(given)
        # %| refused = self.fetch("/login", method="POST", body=body, headers=kind)
        # % endif
        assert "Set-Cookie" not in refused.headers
        assert refused.code in (401, 422)


def cookie_named(name: str, response: HTTPResponse) -> str:
    cookies = response.headers.get_list("Set-Cookie")
    return next(one.split(";")[0] for one in cookies if one.startswith(f"{name}="))


def ada_again(case: OAuthTest) -> str:
    return cookie_named("session", case.log_in_there())


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Zoë Ångström", "zoe-angstrom"), ("7", "github-7"), ("", "github"), ("x" * 50, "x" * 25)],
)
def test_a_name_is_made_fit(name: str, expected: str) -> None:
    person = Person(provider="github", subject="1", name=name)
    plain, other = names_for(person)
    assert plain == expected
    assert other.startswith(f"{expected}-")
    assert len(other) <= 32


def test_a_provider_is_used_when_its_id_and_secret_are_there() -> None:
    given: dict[str, Any] = {"github_client_id": "id", "github_client_secret": "secret"}
    assert list(clients_in(settings_of(**given))) == ["github"]
    for half in given.items():
        with pytest.raises(ValueError, match="GITHUB_CLIENT_ID are needed both, or neither"):
            settings_of(**dict([half]))
