"""Passwords and the throttle: what guessing costs."""

import asyncio
import threading

import pytest
from argon2 import PasswordHasher
from tornado.web import HTTPError

from project_name.passwords import MOST_AT_ONCE, Passwords
from project_name.throttle import MOST_KEYS, Throttle

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_only_the_right_password_is_right() -> None:
    async def outcomes(passwords: Passwords) -> list[bool]:
        known = await passwords.hash("correct horse")
        tries = [("correct horse", known), ("wrong", known), ("nobody", None), ("x", "no hash")]
        return [await passwords.is_right(*one) for one in tries]

    passwords = Passwords(QUICK)
    assert asyncio.run(outcomes(passwords)) == [True, False, False, False]
    passwords.close()


def test_too_many_at_once_are_refused_and_not_kept_waiting() -> None:
    gate = threading.Event()

    class Slow(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            gate.wait()
            return "a hash"

    async def crowd(passwords: Passwords) -> None:
        waiting = [asyncio.ensure_future(passwords.hash("one")) for _ in range(MOST_AT_ONCE)]
        await asyncio.sleep(0)
        with pytest.raises(HTTPError) as refused:
            await passwords.hash("one too many")
        assert refused.value.status_code == 503
        gate.set()
        await asyncio.gather(*waiting)

    passwords = Passwords(Slow())
    asyncio.run(crowd(passwords))
    passwords.close()


def test_after_some_tries_comes_a_pause_for_each() -> None:
    now = 0.0
    throttle = Throttle(tries=3, pause=10.0, clock=lambda: now)
    assert [throttle.allows("ada") for _ in range(4)] == [True, True, True, False]
    assert throttle.allows("eve")
    now = 10.0
    assert [throttle.allows("ada") for _ in range(2)] == [True, False]


def test_the_throttle_does_not_grow_for_ever() -> None:
    throttle = Throttle(tries=1, pause=10.0)
    for number in range(MOST_KEYS + 10):
        throttle.allows(str(number))
    assert len(throttle.full_again) == MOST_KEYS
