"""How what is said in one process is heard in all of them."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from .messages import Notice


class Listener(Protocol):
    # % if broker
    def greet(self) -> None:
        """There is a way to the others, and before there was none."""

    # % endif
    def hear(self, notice: Notice) -> None: ...


class Fanout(Protocol):
    def publish(self, notice: Notice) -> None:
        """Let everybody hear it, ourselves at once."""

    def running(self, listener: Listener) -> AbstractAsyncContextManager[None]:
        """Hear what is published by whomever."""


class InProcess:
    """Nobody else listens but in this process."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []

    def publish(self, notice: Notice) -> None:
        for listener in list(self.listeners):
            listener.hear(notice)

    @asynccontextmanager
    async def running(self, listener: Listener) -> AsyncIterator[None]:
        self.listeners.append(listener)
        listener.greet()  # % if broker
        try:
            yield
        finally:
            self.listeners.remove(listener)
