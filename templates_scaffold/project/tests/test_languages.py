"""The pages in more than one language."""

import csv
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tornado.httpclient import HTTPResponse

import project_name
from project_name.handlers.auth import FAULTS  # % if auth
from project_name.handlers.oauth import TAKEN  # % if oauth
from project_name.languages import LANGUAGES, TRANSLATIONS

from .support import AppCase

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5", "Accept": "text/html"}
CALL = re.compile(r'(?:\b_|locale\.translate)\(\s*"([^"]+)"')
HERE = Path(project_name.__file__).parent


class LanguagesTest(AppCase):
    def choose(self, code: str, there: str = "/greeting") -> HTTPResponse:
        body = urlencode({"code": code, "next": there})
        return self.fetch("/language", method="POST", body=body, follow_redirects=False)

    def test_a_browser_gets_the_language_that_it_asks_for(self) -> None:
        page = self.fetch("/", headers=GERMAN).body.decode()
        assert '<html lang="de">' in page
        assert "<h1>Es läuft.</h1>" in page

    def test_without_a_wish_or_with_an_unknown_one_pages_are_in_the_first_language(self) -> None:
        for wish in ("", "fr", "*", ";;"):
            page = self.fetch("/", headers={"Accept-Language": wish}).body.decode()
            assert '<html lang="en">' in page
            assert "<h1>It works.</h1>" in page

    def test_what_was_chosen_counts_more_than_what_the_browser_asks_for(self) -> None:
        chosen = self.choose("en")
        assert (chosen.code, chosen.headers["Location"]) == (303, "/greeting")
        cookie = chosen.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        headers = {**GERMAN, "Cookie": cookie.split(";")[0]}
        page = self.fetch("/", headers=headers).body.decode()
        assert '<html lang="en">' in page
        assert re.search(r'value="en" lang="en" aria-pressed="true"', page)

    def test_a_language_that_is_none_is_refused_and_no_link_leads_elsewhere(self) -> None:
        assert self.choose("fr").code == 422
        assert self.choose("de", "//evil.example").headers["Location"] == "/"
        page = self.fetch("/", headers={"Cookie": "language=../de"})
        assert b'<html lang="en">' in page.body

    def test_what_is_wrong_is_said_in_the_same_language(self) -> None:
        body = urlencode({"name": "x" * 81})
        page = self.fetch("/greeting", method="POST", body=body, headers=GERMAN)
        assert "höchstens 80 Zeichen" in page.body.decode()
        assert "Nicht gefunden" in self.fetch("/nowhere", headers=GERMAN).body.decode()
        # % if auth
        body = urlencode({"name": "?", "password": "?"})
        page = self.fetch("/signup", method="POST", body=body, headers=GERMAN)
        assert "Mindestens 10 Zeichen." in page.body.decode()
        # % endif


def translations(code: str) -> dict[str, str]:
    with (TRANSLATIONS / f"{code}.csv").open(encoding="utf-8", newline="") as file:
        return {row[0]: row[1] for row in csv.reader(file) if len(row) == 2}


@pytest.mark.parametrize("code", list(LANGUAGES)[1:])
def test_every_text_is_translated_with_the_same_gaps(code: str) -> None:
    known = translations(code)
    texts = {
        text
        for file in [*HERE.rglob("*.html"), *HERE.rglob("*.py")]
        for text in CALL.findall(file.read_text(encoding="utf-8"))
    }
    texts |= set(FAULTS.values())  # % if auth
    texts.add(TAKEN)  # % if oauth
    assert texts - set(known) == set()
    for text, translation in known.items():
        assert re.findall("%.", text) == re.findall("%.", translation)
