#!/usr/bin/env python3
import asyncio

import tornado


class MainHandler(tornado.web.RequestHandler):
    def initialize(self, visits):
        self.visits = visits

    async def get(self):
        await asyncio.sleep(0)
        self.visits.append(self.request.remote_ip)
        self.write({"message": "Hello from asyncio", "visits": len(self.visits)})


async def main():
    visits = []
    application = tornado.web.Application([(r"/", MainHandler, {"visits": visits})])
    application.listen(8888)
    print("Listening on http://localhost:8888")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
