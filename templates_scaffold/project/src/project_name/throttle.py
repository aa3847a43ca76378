"""How often somebody may try: a few times at once, then one more after each pause.

Each process counts for itself.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_KEYS = 10_000


class Throttle:
    def __init__(
        self, *, tries: int, pause: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.tries = tries
        self.pause = pause
        self.clock = clock
        self.full_again: OrderedDict[str, float] = OrderedDict()

    def allows(self, key: str) -> bool:
        """Count one try of `key`, and tell whether it may be made."""
        now = self.clock()
        full_again = max(now, self.full_again.get(key, now)) + self.pause
        if full_again - now > self.tries * self.pause:
            return False
        self.full_again[key] = full_again
        self.full_again.move_to_end(key)
        if len(self.full_again) > MOST_KEYS:
            self.full_again.popitem(last=False)
        return True

    def forget(self, key: str) -> None:
        self.full_again.pop(key, None)
