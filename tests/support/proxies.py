"""Servers behind proxies: an application that shows who asks it."""

SHOWS_THE_CLIENT = """
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

class Client(RequestHandler):
    def get(self):
        request = self.request
        mine = {name: value for name, value in request.headers.items() if name.startswith(("X-", "Forw"))}
        mine.pop("X-Request-Id")
        self.write({"client": [request.remote_ip, request.protocol, request.host], "headers": mine})

    def post(self):
        self.write("saved")

class Echo(WebSocketHandler):
    def open(self):
        self.write_message(self.request.remote_ip)

    def on_message(self, message):
        self.write_message(message)

def make_app():
    return Application([("/ws", Echo), ("/.*", Client)], cross_origin_protection=True)
"""
