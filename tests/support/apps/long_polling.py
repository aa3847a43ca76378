import asyncio

import tornado.locks
import tornado.web


class MessageBuffer:
    def __init__(self):
        self.changed = tornado.locks.Condition()
        self.messages = []

    def since(self, number):
        return self.messages[number:]

    def add(self, message):
        self.messages.append(message)
        self.changed.notify_all()


buffer = MessageBuffer()


class MainHandler(tornado.web.RequestHandler):
    def get(self):
        self.write("POST to /new, then wait at /updates?since=0")


class NewHandler(tornado.web.RequestHandler):
    def post(self):
        buffer.add(self.get_argument("body"))
        self.write({"count": len(buffer.messages)})


class UpdatesHandler(tornado.web.RequestHandler):
    waiting = None

    async def get(self):
        number = int(self.get_argument("since", "0"))
        messages = buffer.since(number)
        while not messages:
            self.waiting = buffer.changed.wait()
            try:
                await self.waiting
            except asyncio.CancelledError:
                return
            messages = buffer.since(number)
        if not self.request.connection.stream.closed():
            self.write({"messages": messages})

    def on_connection_close(self):
        if self.waiting is not None:
            self.waiting.cancel()


class Application(tornado.web.Application):
    def __init__(self):
        handlers = [
            (r"/", MainHandler),
            (r"/new", NewHandler),
            (r"/updates", UpdatesHandler),
        ]
        super().__init__(handlers)


def make_app():
    return Application()


async def main():
    app = make_app()
    app.listen(8888)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
