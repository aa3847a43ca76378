"""Work beside the requests."""

import asyncio
import json
import os
from datetime import timedelta
from functools import partial

import pytest
from pydantic import HttpUrl
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.queues import QueueFull

from project_name.work import jobs as jobs_module
from project_name.work import webhook as webhook_module
from project_name.work.jobs import LONGEST_QUEUE, Jobs
from project_name.work.processes import BusyError, Processes
from project_name.work.webhook import ATTEMPTS, Webhook


def test_at_the_end_all_jobs_are_done_though_one_failed(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    async def do() -> None:
        jobs = Jobs()
        async with jobs.running():
            for number in range(10):
                jobs.put(partial(job, number))
        assert sorted(done) == [0, 1, 2, 4, 5, 6, 7, 8, 9]

    async def job(number: int) -> None:
        await asyncio.sleep(0)
        if number == 3:
            raise ValueError("three")
        done.append(number)

    asyncio.run(do())
    assert "A job failed." in caplog.text


def test_the_end_does_not_wait_for_ever(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs_module, "LONGEST_DRAIN", timedelta(milliseconds=1))

    async def hang() -> None:
        await asyncio.Event().wait()

    async def do() -> None:
        jobs = Jobs()
        async with jobs.running():
            for _ in range(LONGEST_QUEUE):
                jobs.put(hang)
            with pytest.raises(QueueFull):
                jobs.put(hang)

    asyncio.run(do())
    assert f"{LONGEST_QUEUE - jobs_module.WORKERS} jobs were not done." in caplog.text


def test_a_pool_that_broke_is_replaced() -> None:
    async def do() -> None:
        processes = Processes()
        async with processes.running():
            with pytest.raises(BusyError):
                await processes.run(os._exit, 1)
            assert await processes.run(os.getpid) != os.getpid()

    asyncio.run(do())


class FakeClient:
    """Stands for AsyncHTTPClient: answers with these codes, one after the other."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)
        self.requests: list[HTTPRequest] = []

    async def fetch(self, request: HTTPRequest) -> None:
        self.requests.append(request)
        if (code := self.codes.pop(0)) >= 400:
            raise HTTPClientError(code)

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("codes", "attempts"), [([200], 1), ([503, 599, 200], 3), ([404], 1), ([500] * 9, ATTEMPTS)]
)
def test_another_service_is_told_and_asked_again_where_there_is_hope(
    monkeypatch: pytest.MonkeyPatch, codes: list[int], attempts: int
) -> None:
    client = FakeClient(*codes)
    monkeypatch.setattr(webhook_module, "AsyncHTTPClient", lambda **_: client)
    monkeypatch.setattr(webhook_module, "FIRST_PAUSE", 0)

    async def tell() -> None:
        for url in (None, HttpUrl("http://elsewhere.example/hook")):
            webhook = Webhook(url)
            async with webhook.running():
                await webhook.tell("prime.checked", number=7)

    asyncio.run(tell())
    assert len(client.requests) == attempts
    first = client.requests[0]
    assert (first.method, first.url) == ("POST", "http://elsewhere.example/hook")
    assert json.loads(first.body) == {"event": "prime.checked", "number": 7}
