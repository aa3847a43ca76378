"""Asks providers who somebody is: few connections at once, limits of size and time."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel, TypeAdapter, ValidationError
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from .attempt import Attempt
from .providers import Client, Person

# Seconds.
CONNECT_TIMEOUT = 3.0
REQUEST_TIMEOUT = 10.0
FACTS = TypeAdapter(dict[str, Any])

logger = logging.getLogger(__name__)


class ProviderError(Exception):
    """A provider cannot be reached, refuses, or says what nobody understands."""


class Token(BaseModel):
    access_token: str


class Exchange:
    def __init__(self, clients: Mapping[str, Client]) -> None:
        self.clients = clients

    @property
    def origins(self) -> str:
        """The sites of the providers, as a security policy names them."""
        return " ".join(sorted({client.origin for client in self.clients.values()}))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        # One of its own: the limits of the shared client are for all who use it.
        self.http = AsyncHTTPClient(
            force_instance=True, max_clients=10, max_body_size=64 * 1024, max_header_size=16 * 1024
        )
        try:
            yield
        finally:
            self.http.close()

    async def person(self, attempt: Attempt, code: str, redirect_uri: str) -> Person:
        """Spend the code; raise ProviderError when that tells nothing."""
        client = self.clients[attempt.provider]
        provider = client.provider
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": client.client_id,
            "client_secret": client.client_secret.get_secret_value(),
            "code_verifier": attempt.verifier,
        }
        try:
            answer = await self.ask(provider.token_url, method="POST", body=urlencode(form))
            token = Token.model_validate(answer).access_token
            told = await self.ask(provider.person_url, Authorization=f"Bearer {token}")
            subject, name = told.get(provider.subject_field), told.get(provider.name_field)
            return Person.model_validate(
                {"provider": attempt.provider, "subject": subject, "name": name or ""}
            )
        except (HTTPClientError, OSError, ValueError) as error:
            # What came may hold a secret: its kind is told, and not its words.
            why = type(error).__name__ if isinstance(error, ValidationError) else error
            raise ProviderError(f"{provider.title}: {why}") from None

    async def ask(
        self, url: str, *, method: str = "GET", body: str | None = None, **headers: str
    ) -> dict[str, Any]:
        response = await self.http.fetch(
            url,
            method=method,
            body=body,
            headers={"Accept": "application/json", **headers},
            connect_timeout=CONNECT_TIMEOUT,
            request_timeout=REQUEST_TIMEOUT,
            follow_redirects=False,
        )
        return FACTS.validate_json(response.body)
