"""The page on which one asks whether a number is a prime."""

from ..work.primes import LARGEST
from .base import BaseHandler


class PrimesHandler(BaseHandler):
    def get(self) -> None:
        self.render("primes.html", largest=LARGEST)
