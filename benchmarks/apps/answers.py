"""Answers that say which process gave them, and the ways in which an application goes wrong."""

import asyncio
import ctypes
import os
import re
import signal
import time

import tornado.web
import tornado.websocket


class WhoAnswers(tornado.web.RequestHandler):
    """Every answer is the pid of its worker."""

    def answer(self) -> None:
        self.set_header("Content-Type", "text/plain")
        self.write(str(os.getpid()))


class Main(WhoAnswers):
    def get(self) -> None:
        self.answer()


class Slow(WhoAnswers):
    async def get(self) -> None:
        await asyncio.sleep(float(self.get_argument("seconds", "0.05")))
        self.answer()


class Large(tornado.web.RequestHandler):
    """More than the system keeps for a client that does not read it; in pieces, as Tornado sends files."""

    async def get(self) -> None:
        piece = bytes(64 * 1024)
        for _ in range(128):
            self.write(piece)
            await self.flush()


class Block(WhoAnswers):
    """Blocks the loop in one of three ways; the benchmark looks for the marked line in the dump."""

    def get(self, how: str) -> None:
        match how:
            case "sleep":
                time.sleep(3600)  # blocks: sleep
            case "spin":
                while True:  # blocks: spin
                    pass  # blocks: spin
            case "gil":
                # Never lets go of the interpreter: no other thread of Python runs meanwhile.
                re.match("(a+)+$", "a" * 64 + "b")  # blocks: gil


class Crash(WhoAnswers):
    def get(self, how: str) -> None:
        match how:
            case "exit0":
                os._exit(0)
            case "exit1":
                os._exit(1)
            case "segv":
                ctypes.string_at(0)
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)


class Greet(tornado.websocket.WebSocketHandler):
    async def open(self, *_args: str, **_kwargs: str) -> None:
        await self.write_message(str(os.getpid()))

    def on_message(self, message: str | bytes) -> None:
        """Nothing is expected."""


def make_app() -> tornado.web.Application:
    return tornado.web.Application(
        [
            (r"/", Main),
            (r"/slow", Slow),
            (r"/large", Large),
            (r"/block/(\w+)", Block),
            (r"/crash/(\w+)", Crash),
            (r"/ws", Greet),
        ]
    )
