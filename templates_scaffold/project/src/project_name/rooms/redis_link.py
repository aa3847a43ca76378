"""A connection to Redis: what is published on a channel reaches all who have subscribed to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from .relay import LinkLostError

CHANNEL = "project-name.rooms"
# Seconds for a connection, or an answer.
TIMEOUT = 5.0


class RedisLink:
    def __init__(self, client: Redis, pubsub: PubSub) -> None:
        self.client = client
        self.pubsub = pubsub

    async def send(self, data: bytes) -> None:
        await self.client.publish(CHANNEL, data)

    async def received(self) -> AsyncIterator[bytes]:
        async for message in self.pubsub.listen():
            yield message["data"]


@asynccontextmanager
async def redis_link(url: str) -> AsyncIterator[RedisLink]:
    client = Redis.from_url(
        url,
        # A retry of its own would hide that something was missed meanwhile.
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=TIMEOUT,
        socket_timeout=TIMEOUT,
    )
    try:
        async with client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(CHANNEL)
            # Not before Redis has confirmed it can anything be heard.
            await pubsub.get_message(timeout=TIMEOUT)
            yield RedisLink(client, pubsub)
    except (RedisError, OSError) as error:
        raise LinkLostError(str(error)) from error
