"""When to tell that an output loses lines: soon, and at most once a minute."""

from tornado_cli.records import State

TELL_EVERY = 60.0


class Losses(State):
    """What has been told about one output's losses."""

    name: str
    told: int = 0
    told_trouble: str = ""
    next_time: float = float("-inf")

    def news(self, lost: int, trouble: str, now: float) -> str:
        """What to tell now, given all lines `lost` so far and the present `trouble`; empty when nothing."""
        count = lost - self.told
        if now < self.next_time or (not count and trouble in {"", self.told_trouble}):
            return ""
        self.told, self.told_trouble, self.next_time = lost, trouble, now + TELL_EVERY
        lines = f"{count} {'line was' if count == 1 else 'lines were'} lost" if count else ""
        return f"{self.name}: {'; '.join(part for part in (trouble, lines) if part)}"
