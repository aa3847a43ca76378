"""Takes files of any size: only one chunk of them is in memory at a time."""

import hashlib

from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler, stream_request_body

GIGABYTE = 1024 * 1024 * 1024


@stream_request_body
class UploadHandler(RequestHandler):
    def prepare(self):
        self.request.connection.set_max_body_size(16 * GIGABYTE)
        self.size = 0
        self.chunks = 0
        self.digest = hashlib.sha256()

    async def data_received(self, chunk):
        self.size += len(chunk)
        self.chunks += 1
        self.digest.update(chunk)

    def put(self):
        self.write({"size": self.size, "chunks": self.chunks, "sha256": self.digest.hexdigest()})

    post = put


class MainHandler(RequestHandler):
    def get(self):
        self.write("PUT a file to /upload")


app = Application([(r"/", MainHandler), (r"/upload", UploadHandler)])

if __name__ == "__main__":
    app.listen(8888, max_buffer_size=GIGABYTE)
    IOLoop.current().start()
