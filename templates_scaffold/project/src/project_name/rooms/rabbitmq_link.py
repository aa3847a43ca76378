"""A connection to RabbitMQ: a fan-out exchange, and a queue that nobody else reads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractExchange, AbstractQueue
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

from .relay import LinkLostError

EXCHANGE = "project-name.rooms"
# Messages that wait for a process that is too slow; the oldest go first.
LONGEST_QUEUE = 10_000
PREFETCHED = 100
# Seconds for a connection, or an answer.
TIMEOUT = 5.0


class RabbitLink:
    def __init__(self, exchange: AbstractExchange, queue: AbstractQueue) -> None:
        self.exchange = exchange
        self.queue = queue

    async def send(self, data: bytes) -> None:
        await self.exchange.publish(aio_pika.Message(data), routing_key="", timeout=TIMEOUT)

    async def received(self) -> AsyncIterator[bytes]:
        async with self.queue.iterator() as messages:
            async for message in messages:
                async with message.process():
                    yield message.body


@asynccontextmanager
async def rabbitmq_link(url: str) -> AsyncIterator[RabbitLink]:
    try:
        async with await aio_pika.connect(url, timeout=TIMEOUT) as connection:
            channel = await connection.channel(publisher_confirms=False)
            await channel.set_qos(prefetch_count=PREFETCHED)
            exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.FANOUT)
            queue = await channel.declare_queue(
                exclusive=True, arguments={"x-max-length": LONGEST_QUEUE}
            )
            await queue.bind(exchange)
            yield RabbitLink(exchange, queue)
    except (AMQPError, ChannelInvalidStateError, OSError) as error:
        raise LinkLostError(str(error)) from error
