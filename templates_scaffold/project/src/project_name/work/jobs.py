"""Jobs that nobody waits for, done a few at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from tornado.queues import Queue

Job = Callable[[], Awaitable[None]]

LONGEST_QUEUE = 1000
WORKERS = 4
LONGEST_DRAIN = timedelta(seconds=10)

logger = logging.getLogger(__name__)


class Jobs:
    """They live in memory: what has to survive the process belongs into a database."""

    def __init__(self) -> None:
        self.queue: Queue[Job] = Queue(LONGEST_QUEUE)

    def put(self, job: Job) -> None:
        """Have it done soon; too many at once are an error, `QueueFull`."""
        self.queue.put_nowait(job)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Do jobs; at the end those that wait are done first."""
        workers = [asyncio.create_task(self.work()) for _ in range(WORKERS)]
        try:
            yield
        finally:
            with suppress(TimeoutError):
                await self.queue.join(LONGEST_DRAIN)
            for worker in workers:
                worker.cancel()
            await asyncio.wait(workers)
            if self.queue.qsize():
                logger.warning("%d jobs were not done.", self.queue.qsize())

    async def work(self) -> None:
        async for job in self.queue:
            try:
                await job()
            except Exception:
                # Whatever a job raises is the end of that job, and not of the worker.
                logger.exception("A job failed.")
            finally:
                self.queue.task_done()
