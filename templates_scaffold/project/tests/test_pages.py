"""The pages and the form, as a browser sees them."""

from urllib.parse import urlencode

from tornado.httpclient import HTTPResponse

from .support import AppCase


class PagesTest(AppCase):
    def submit(self, name: str, **headers: str) -> HTTPResponse:
        body = urlencode({"name": name})
        return self.fetch(
            "/greeting", method="POST", body=body, headers=headers, follow_redirects=False
        )

    def test_the_first_page_leads_to_the_form(self) -> None:
        response = self.fetch("/")
        assert response.code == 200
        assert b'href="/greeting"' in response.body

    def test_a_style_sheet_never_has_to_be_asked_for_again(self) -> None:
        page = self.fetch("/").body.decode()
        url = page.split('<link rel="stylesheet" href="')[1].split('"')[0]
        response = self.fetch(url)
        assert response.code == 200
        assert "immutable" in response.headers["Cache-Control"]
        assert "immutable" not in self.fetch("/static/app.css").headers.get("Cache-Control", "")

    def test_a_greeting_is_shown_on_the_next_page_once(self) -> None:
        response = self.submit("Ada")
        assert response.code == 303
        assert response.headers["Location"] == "/"
        cookie = response.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        page = self.fetch("/", headers={"Cookie": cookie.split(";")[0]})
        assert b"Hello, Ada!" in page.body
        assert page.headers["Set-Cookie"].startswith('flash="";')

    def test_a_forged_greeting_is_not_shown(self) -> None:
        page = self.fetch("/", headers={"Cookie": "flash=Hello"})
        assert b'class="flash"' not in page.body

    def test_what_was_typed_comes_back_as_text_with_what_is_wrong(self) -> None:
        response = self.submit("<script>" * 20)
        assert response.code == 422
        assert b"no more than 80 characters" in response.body
        assert b"<script>" not in response.body
        assert b"&lt;script&gt;" in response.body

    def test_a_greeting_needs_a_name(self) -> None:
        assert b"Please enter a name." in self.submit(" ").body

    def test_other_sites_cannot_submit_the_form(self) -> None:
        assert self.submit("Ada", Origin="https://elsewhere.example").code == 403
        assert self.submit("Ada", **{"Sec-Fetch-Site": "cross-site"}).code == 403
        assert self.submit("Ada", **{"Sec-Fetch-Site": "same-origin"}).code == 303
