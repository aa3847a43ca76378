"""Calculations in other processes: in this one they would stop all requests."""

import asyncio
import logging
import multiprocessing
import signal
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from typing import TypeVar, TypeVarTuple

from tornado.ioloop import IOLoop

COUNT = 2
LONGEST_QUEUE = 20

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

logger = logging.getLogger(__name__)


class BusyError(Exception):
    """There is more to calculate than can be done soon."""


class Processes:
    def __init__(self) -> None:
        self.asked = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        # Not before: the processes of a pool do not come along when its owner is forked.
        self.pool = new_pool()
        try:
            yield
        finally:
            await asyncio.to_thread(self.pool.shutdown, cancel_futures=True)

    async def run(self, function: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """Return what `function`, which a module has by that name, makes of the arguments."""
        if self.asked >= LONGEST_QUEUE:
            raise BusyError
        pool = self.pool
        self.asked += 1
        try:
            return await IOLoop.current().run_in_executor(pool, function, *arguments)
        except BrokenProcessPool as error:
            logger.warning("A process of the pool was killed.")
            if self.pool is pool:
                self.pool = new_pool()
            raise BusyError from error
        finally:
            self.asked -= 1


def new_pool() -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(COUNT, mp_context=context, initializer=leave_signals_to_parent)


def leave_signals_to_parent() -> None:
    """Ctrl-C goes to all processes of a terminal; this one ends when its parent is done with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
