"""An application of about 100 MiB: Python objects and plain bytes, half and half, as imports and caches make them."""

import os

import tornado.web

# About 58 MiB of small objects: what a worker that touches them would no longer share.
CATALOGUE = {number: (f"item {number}", [number, number + 1], {"price": float(number)}) for number in range(120_000)}
# About 50 MiB in one piece.
TABLE = os.urandom(50 << 20)


class Main(tornado.web.RequestHandler):
    def get(self) -> None:
        number = int(self.get_argument("n", "0")) % len(CATALOGUE)
        item, _, facts = CATALOGUE[number]
        # Digits, which the load client takes for an answer.
        self.write(str(TABLE[number] + len(item) + len(facts)))


def make_app() -> tornado.web.Application:
    return tornado.web.Application([(r"/", Main)])
