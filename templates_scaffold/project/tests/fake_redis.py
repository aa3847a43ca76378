"""Stands for the Redis of sessions."""

from unittest import TestCase
from unittest.mock import patch

from fakeredis import FakeAsyncRedis


def use_fake_redis(case: TestCase) -> None:
    fake = patch("project_name.db.sessions.Redis", FakeAsyncRedis)
    fake.start()
    case.addCleanup(fake.stop)
