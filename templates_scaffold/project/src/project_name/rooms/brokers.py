"""Which way leads to the other processes."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from .fanout import Fanout, InProcess
from .rabbitmq_link import rabbitmq_link  # % if by_rabbitmq
from .redis_link import redis_link  # % if by_redis
from .relay import Link, Relay

Connect = Callable[[str], AbstractAsyncContextManager[Link]]

LINKS: dict[str, Connect] = {
    # % if by_redis
    "redis": redis_link,
    "rediss": redis_link,
    "unix": redis_link,
    # % endif
    # % if by_rabbitmq
    "amqp": rabbitmq_link,
    "amqps": rabbitmq_link,
    # % endif
}


def is_known(url: SecretStr) -> SecretStr:
    if url and urlsplit(url.get_secret_value()).scheme not in LINKS:
        raise ValueError(f"this has to begin with one of: {', '.join(LINKS)}")
    return url


BrokerUrl = Annotated[SecretStr, AfterValidator(is_known)]
"""May hold a password."""
NO_BROKER = SecretStr("")


def fanout_by(url: SecretStr) -> Fanout:
    """The broker at `url`; without one, each process keeps to itself."""
    if not url:
        return InProcess()
    address = url.get_secret_value()
    return Relay(partial(LINKS[urlsplit(address).scheme], address))
