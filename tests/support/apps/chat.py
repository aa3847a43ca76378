import logging

import tornado.ioloop
import tornado.web
import tornado.websocket

PAGE = """<!doctype html>
<title>Chat</title>
<ul id="messages"></ul>
<form id="form"><input id="text" autofocus></form>
<script>
  const socket = new WebSocket(`ws://${location.host}/ws`);
  socket.onmessage = (event) => {
    const item = document.createElement("li");
    item.textContent = event.data;
    document.getElementById("messages").append(item);
  };
  document.getElementById("form").onsubmit = (event) => {
    event.preventDefault();
    socket.send(document.getElementById("text").value);
  };
</script>
"""


class MainHandler(tornado.web.RequestHandler):
    def get(self):
        self.write(PAGE)


class ChatHandler(tornado.websocket.WebSocketHandler):
    waiters = set()

    def open(self):
        self.waiters.add(self)
        self.write_message("welcome, there are %d of us" % len(self.waiters))

    def on_message(self, message):
        logging.info("%d waiters for %r", len(self.waiters), message)
        for waiter in self.waiters:
            waiter.write_message(message)

    def on_close(self):
        self.waiters.discard(self)


def make_handlers():
    return [(r"/", MainHandler), (r"/ws", ChatHandler)]


if __name__ == "__main__":
    app = tornado.web.Application(make_handlers(), debug=True, cookie_secret="not-a-secret")
    app.listen(8888)
    tornado.ioloop.IOLoop.current().start()
