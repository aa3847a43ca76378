import asyncio

import tornado.web
from tornado.options import define, options, parse_command_line

define("port", default=8888, help="run on the given port", type=int)
define("greeting", default="Hello", help="how to greet")
define("names", default=["world"], help="whom to greet", multiple=True)


class MainHandler(tornado.web.RequestHandler):
    def get(self):
        self.write("%s, %s" % (options.greeting, " and ".join(options.names)))


def make_app():
    return tornado.web.Application([(r"/", MainHandler)])


async def main():
    parse_command_line()
    make_app().listen(options.port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
