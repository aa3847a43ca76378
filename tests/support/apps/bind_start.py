import os

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler


class MainHandler(RequestHandler):
    def get(self):
        self.write("One of many: pid %d" % os.getpid())


def main():
    server = HTTPServer(Application([("/", MainHandler)]), xheaders=True)
    server.bind(8888)
    server.start(0)  # forks one process per cpu
    IOLoop.current().start()


if __name__ == "__main__":
    main()
