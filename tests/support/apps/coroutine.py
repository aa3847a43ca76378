# Written for Tornado 4, when coroutines were generators.
from tornado import gen, ioloop, locks, web


class MainHandler(web.RequestHandler):
    @gen.coroutine
    def get(self):
        numbers = yield [self.square(number) for number in range(4)]
        self.write("squares: %s" % ", ".join(map(str, numbers)))

    @gen.coroutine
    def square(self, number):
        yield gen.sleep(0.001)
        raise gen.Return(number * number)


@gen.coroutine
def main():
    application = web.Application([web.url("/", MainHandler, name="main")])
    application.listen(8888, address="127.0.0.1")
    yield locks.Event().wait()


if __name__ == "__main__":
    ioloop.IOLoop.instance().run_sync(main)
