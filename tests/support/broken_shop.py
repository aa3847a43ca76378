"""An application whose handlers fail in many ways."""

APP = """
import asyncio
import json
from tornado.web import Application, HTTPError, RequestHandler
import pricing

class Main(RequestHandler):
    def get(self):
        self.write("one")

class Chained(RequestHandler):
    def get(self):
        password = "planted-in-a-literal"
        held = self.request.headers.get("Authorization")
        try:
            pricing.total({"price": "12,5"})
        except ValueError as error:
            raise RuntimeError(f"<script>alert(1)</script> token=planted-in-text and {held}") from error

    def set_default_headers(self):
        self.set_header("Access-Control-Allow-Origin", "*")

class Group(RequestHandler):
    async def get(self):
        async with asyncio.TaskGroup() as group:
            group.create_task(pricing.fail("first"))
            group.create_task(pricing.fail("second"))

class Own(RequestHandler):
    def get(self):
        raise RuntimeError("hidden")

    def write_error(self, status_code, **kwargs):
        self.finish(f"our own page for {status_code}: {'exc_info' in kwargs}")

class Late(RequestHandler):
    async def get(self):
        self.write("begun")
        await self.flush()
        raise RuntimeError("too late")

class Forbidden(RequestHandler):
    def get(self):
        raise HTTPError(403, "no entry")

class Boasts(Exception):
    def __str__(self):
        raise ValueError("and now?")

class Strange(RequestHandler):
    def get(self):
        raise Boasts

def make_app():
    routes = [("/chained", Chained), ("/group", Group), ("/own", Own), ("/late", Late), ("/forbidden", Forbidden)]
    return Application([*routes, ("/strange", Strange), ("/.*", Main)], debug=True)
"""
PRICING = """
import json

def total(order):
    amount = json.loads(order["price"])
    return amount * 2

async def fail(what):
    raise KeyError(what)
"""
