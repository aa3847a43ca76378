"""Tells another service by HTTP what has happened here."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import HttpUrl
from tornado.escape import json_encode
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

WebhookUrl = HttpUrl | None

ATTEMPTS = 3
# Seconds.
FIRST_PAUSE = 1.0
CONNECT_TIMEOUT = 3.0
REQUEST_TIMEOUT = 10.0

logger = logging.getLogger(__name__)


class Webhook:
    """Posts to one address; without one, it tells nobody."""

    def __init__(self, url: WebhookUrl) -> None:
        self.url = url

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        # One of its own: the limits of the shared client are for all who use it.
        self.client = AsyncHTTPClient(
            force_instance=True, max_clients=4, max_body_size=64 * 1024, max_header_size=16 * 1024
        )
        try:
            yield
        finally:
            self.client.close()

    async def tell(self, event: str, **facts: Any) -> None:
        """Post it; a service that cannot be reached or has a fault is asked again."""
        if not self.url:
            return
        request = HTTPRequest(
            str(self.url),
            method="POST",
            headers={"Content-Type": "application/json"},
            body=json_encode({"event": event, **facts}),
            connect_timeout=CONNECT_TIMEOUT,
            request_timeout=REQUEST_TIMEOUT,
            follow_redirects=False,
        )
        for attempt in range(ATTEMPTS):
            try:
                await self.client.fetch(request)
            except (HTTPClientError, OSError) as error:
                logger.warning("%s was not told of %s: %s", self.url, event, error)
                if not is_worth_another_try(error):
                    return
            else:
                return
            await asyncio.sleep(FIRST_PAUSE * 2**attempt)


def is_worth_another_try(error: Exception) -> bool:
    """What it refused it will refuse again."""
    return not isinstance(error, HTTPClientError) or error.code >= 500
