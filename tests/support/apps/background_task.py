import asyncio

import tornado.web


class Clock:
    """Something that goes on while requests come and go."""

    def __init__(self):
        self.ticks = 0
        self.ticked = asyncio.Event()

    async def run(self):
        while True:
            self.ticks += 1
            self.ticked.set()
            await asyncio.sleep(0.05)


class MainHandler(tornado.web.RequestHandler):
    def get(self):
        self.write("A clock ticks at /ticks")


class TicksHandler(tornado.web.RequestHandler):
    async def get(self):
        clock = self.application.settings["clock"]
        await clock.ticked.wait()
        self.write({"ticks": clock.ticks})


async def make_app():
    clock = Clock()
    app = tornado.web.Application([(r"/", MainHandler), (r"/ticks", TicksHandler)], clock=clock)
    # Kept: the loop itself only holds tasks weakly.
    app.clock_task = asyncio.create_task(clock.run())
    return app


async def main():
    app = await make_app()
    app.listen(8888)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
