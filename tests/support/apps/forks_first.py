import asyncio
import os

import tornado.httpserver
import tornado.netutil
import tornado.process
import tornado.web


class MainHandler(tornado.web.RequestHandler):
    def get(self):
        task = tornado.process.task_id()
        self.write("Hello from task %s, pid %d" % (task, os.getpid()))


async def serve():
    application = tornado.web.Application([(r"/", MainHandler)])
    server = tornado.httpserver.HTTPServer(application)
    server.listen(8888, reuse_port=True)
    await asyncio.Event().wait()


def main():
    tornado.process.fork_processes(0)
    asyncio.run(serve())


if __name__ == "__main__":
    main()
