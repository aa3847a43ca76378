"""Stands for GitHub: lets everybody in, and believes nobody who cannot prove what they say."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Any

from pydantic import SecretStr
from tornado.httpserver import HTTPServer
from tornado.httputil import url_concat
from tornado.testing import bind_unused_port
from tornado.web import Application, HTTPError, RequestHandler

from project_name.oauth.providers import PROVIDERS, Client

CLIENT_ID = "this application"
CLIENT_SECRET = "known to both"


@dataclass(frozen=True, kw_only=True)
class Asked:
    challenge: str
    redirect_uri: str


class FakeProvider:
    def __init__(self) -> None:
        self.person: Any = {"id": 583231, "login": "Octo Cat"}
        self.codes: dict[str, Asked] = {}
        self.tokens: set[str] = set()
        app = Application(
            [("/authorize", Authorize), ("/token", Token), ("/person", Person)], fake=self
        )
        socket, port = bind_unused_port()
        self.server = HTTPServer(app)
        self.server.add_socket(socket)
        self.url = f"http://127.0.0.1:{port}"

    @property
    def client(self) -> Client:
        provider = replace(
            PROVIDERS["github"],
            authorize_url=f"{self.url}/authorize",
            token_url=f"{self.url}/token",
            person_url=f"{self.url}/person",
        )
        secret = SecretStr(CLIENT_SECRET)
        return Client(provider=provider, client_id=CLIENT_ID, client_secret=secret)

    async def close(self) -> None:
        self.server.stop()
        await self.server.close_all_connections()


class ProviderHandler(RequestHandler):
    @property
    def fake(self) -> FakeProvider:
        fake: FakeProvider = self.settings["fake"]
        return fake


class Authorize(ProviderHandler):
    def get(self) -> None:
        assert self.get_query_argument("client_id") == CLIENT_ID
        assert self.get_query_argument("response_type") == "code"
        assert self.get_query_argument("code_challenge_method") == "S256"
        asked = Asked(
            challenge=self.get_query_argument("code_challenge"),
            redirect_uri=self.get_query_argument("redirect_uri"),
        )
        code = secrets.token_hex(8)
        self.fake.codes[code] = asked
        answer = {"code": code, "state": self.get_query_argument("state")}
        self.redirect(url_concat(asked.redirect_uri, answer))


class Token(ProviderHandler):
    def post(self) -> None:
        asked = self.fake.codes.pop(self.get_body_argument("code"), None)
        digest = hashlib.sha256(self.get_body_argument("code_verifier").encode()).digest()
        shown = Asked(
            challenge=base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            redirect_uri=self.get_body_argument("redirect_uri"),
        )
        knows_secret = self.get_body_argument("client_secret") == CLIENT_SECRET
        if shown != asked or not knows_secret:
            # As GitHub does it: all is well with the request, but there is no token.
            self.finish({"error": "bad_verification_code"})
            return
        token = secrets.token_hex(8)
        self.fake.tokens.add(f"Bearer {token}")
        self.finish({"access_token": token, "token_type": "bearer"})


class Person(ProviderHandler):
    def get(self) -> None:
        if self.request.headers.get("Authorization") not in self.fake.tokens:
            raise HTTPError(401)
        self.finish(self.fake.person)
