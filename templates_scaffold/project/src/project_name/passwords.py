"""Passwords by argon2: off the event loop, a few at a time, and only so many waiting."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from tornado.web import HTTPError

# Each takes a core and 64 MiB for a fifth of a second.
THREADS = 2
MOST_AT_ONCE = 16


class Passwords:
    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self.hasher = hasher or PasswordHasher()
        self.executor = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self.at_work = 0

    async def hash(self, password: str) -> str:
        with self.place():
            return await self.loop.run_in_executor(self.executor, self.hasher.hash, password)

    async def is_right(self, password: str, password_hash: str | None) -> bool:
        """Tell whether it is; without a hash to compare with, no, but not sooner."""
        pair = (password, password_hash)
        with self.place():
            return await self.loop.run_in_executor(self.executor, self.verify, *pair)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Have a place among those who work and wait, if there is one."""
        if self.at_work >= MOST_AT_ONCE:
            raise HTTPError(503)
        self.at_work += 1
        try:
            yield
        finally:
            self.at_work -= 1

    def verify(self, password: str, password_hash: str | None) -> bool:
        with suppress(Argon2Error, InvalidHashError):
            self.hasher.verify(password_hash or self.hash_of_nobody, password)
            return password_hash is not None
        return False

    @cached_property
    def hash_of_nobody(self) -> str:
        return self.hasher.hash("nobody")

    def close(self) -> None:
        self.executor.shutdown(wait=False, cancel_futures=True)
