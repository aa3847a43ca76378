"""Orders of the top process, which a serving process takes on its loop, and what it asks that process for."""

import os
from collections.abc import Sequence
from typing import Protocol

from tornado.ioloop import IOLoop

from tornado_cli.events import BindElsewhere, Bound, Drain, Message, NewCertificates
from tornado_cli.system.channel import Channel, ChannelClosed, Received

_ORPHAN_GRACE = 1.0
"""Seconds to finish when the top process has died."""


class Obeys(Protocol):
    """Who carries orders out."""

    def obey(self, order: Message) -> None:
        """Do it, now or later."""

    def use_certificates(self, descriptors: Sequence[int]) -> None:
        """Use for new connections what has come; the descriptors are the receiver's to close."""


class Orders:
    """What comes over the channel: obeyed as it comes, but what came while something else was awaited, when ready."""

    def __init__(self, channel: Channel, who: Obeys) -> None:
        self._channel = channel
        self._who = who
        self._postponed: list[Message] = []

    def listen(self, loop: IOLoop) -> None:
        """Obey from now on, on this loop."""
        loop.add_handler(self._channel.fileno(), self._arrived, IOLoop.READ)

    def catch_up(self) -> None:
        """Obey what has come so far."""
        while self._channel.has_message() and self._obey_next():
            """There may be more."""

    def obey_postponed(self) -> None:
        while self._postponed:
            self._who.obey(self._postponed.pop(0))

    def ask_to_bind(self, port: int, host: str) -> list[int]:
        """Have the top process bind an address, and wait for it. Raises OSError with its reason when it cannot."""
        self._channel.send(BindElsewhere(pid=os.getpid(), port=port, host=host))
        received = self._wait_for_bound()
        assert isinstance(received.message, Bound)
        if received.message.error:
            raise OSError(received.message.error)
        return received.descriptors

    def _wait_for_bound(self) -> Received:
        while True:
            received = self._channel.receive()
            assert received is not None, "a child's end blocks"
            if isinstance(received.message, Bound):
                return received
            if not self._brings_certificates(received):
                self._postponed.append(received.message)

    def _arrived(self, *_: object) -> None:
        # It may have been read meanwhile, and to wait for another would stop the loop.
        if self._channel.has_message():
            self._obey_next()

    def _obey_next(self) -> bool:
        """Obey the next order; return False when no other will ever come."""
        try:
            received = self._channel.receive()
        except ChannelClosed:
            # The top process is gone.
            IOLoop.current().remove_handler(self._channel.fileno())
            self._who.obey(Drain(pid=os.getpid(), grace=_ORPHAN_GRACE))
            return False
        if received is not None and not self._brings_certificates(received):
            self._who.obey(received.message)
        return True

    def _brings_certificates(self, received: Received) -> bool:
        """Have new certificates used, when it is that which was ordered."""
        if not isinstance(received.message, NewCertificates):
            return False
        self._who.use_certificates(received.descriptors)
        return True
