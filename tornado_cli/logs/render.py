"""How records look on a terminal: one column for each part, colours from the terminal's own palette."""

import logging
import re
import sysconfig
import time
from collections.abc import Callable, Mapping

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tornado_cli.logs.access import Access
from tornado_cli.logs.record import COMPANION, Record, clock_time, is_own
from tornado_cli.terminal import Tone, shows_colour, tone_of_traceback, visible, wrapped

BADGES = {
    logging.DEBUG: ("DEBUG", "dim"),
    logging.INFO: ("INFO", "green"),
    logging.WARNING: ("WARN", "bold yellow"),
    logging.ERROR: ("ERROR", "bold red"),
    logging.CRITICAL: ("FATAL", "bold reverse red"),
}
STATUS_STYLES = {1: "cyan", 2: "green", 3: "blue", 4: "yellow", 5: "bold red"}
METHOD_STYLES = {"GET": "cyan", "HEAD": "cyan", "OPTIONS": "cyan", "DELETE": "red"}
OTHER_METHOD = "magenta"
COMPANION_STYLES = ("magenta", "cyan", "blue", "green")

BADGE_WIDTH = 5
SOURCE_WIDTH = 10
METHOD_WIDTH = 7
DURATION_WIDTH = 9
HEAD_WIDTH = len("00:00:00.000") + 1 + BADGE_WIDTH + 1 + SOURCE_WIDTH + 1
NARROWEST = HEAD_WIDTH + 20
"""On fewer columns nothing is aligned: the terminal wraps as it likes."""
DETAILS_FROM = 110
"""From this width on an access line also has client and size."""
ID_FROM = 132
"""From this width on also the request's id."""
CLIENT_WIDTH = 15
ID_WIDTH = 18
SIZE_WIDTH = 9
_FRAME = re.compile(r'[\s|+]*File "(?P<file>[^"]*)", line \d+')
_LIBRARY = re.compile(
    rf"^<|[/\\](?:site|dist)-packages[/\\]|^{re.escape(sysconfig.get_path('stdlib'))}[/\\]|[/\\]tornado_cli[/\\]"
)
FLOOD = 2000
"""Access lines that are drawn in one second; of the others the number is told."""


class Painter:
    """Draws for one terminal. What came from outside is only ever text: made visible, never read as markup."""

    def __init__(
        self,
        columns: Callable[[], int],
        environ: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._columns = columns
        self._clock = clock
        self._gate = Gate(FLOOD)
        self._companions: dict[str, str] = {}
        """Styles, by name."""
        colour = shows_colour(is_terminal=True, environ=environ)
        self._console = Console(
            force_terminal=True,
            color_system="standard" if colour else None,
            markup=False,
            highlight=False,
            emoji=False,
            _environ={},
        )
        # Access lines do without rich's layout: 3 us each and not 100.
        self._inks = {style: self._ink(style) for style in all_styles()}

    def record(self, record: Record) -> str:
        """A record, wrapped under its message; a traceback below."""
        columns = self._columns()
        text = self._head(record)
        name = "" if is_own(record.logger) else f"{visible(record.logger)}: "
        message = visible(record.message)
        if columns >= NARROWEST and len(name) + len(message) > columns - HEAD_WIDTH:
            message = wrapped(message, columns - HEAD_WIDTH, used=len(name)).replace("\n", "\n" + " " * HEAD_WIDTH)
        text.append(name, "dim").append(message)
        if record.traceback:
            text.append_text(traceback_text(record.traceback))
        with self._console.capture() as capture:
            self._console.print(text, soft_wrap=True)
        return capture.get()

    def access(self, row: Access, source: str) -> str:
        """An access line; nothing while too many arrive in one second."""
        now = self._clock()
        held_back = self.overdue(now)
        return held_back + self._access_line(row, source) if self._gate.admits(now) else held_back

    def overdue(self, now: float) -> str:
        """The number of lines that were not drawn, once their second is over."""
        count = self._gate.take_overdue(now)
        if not count:
            return ""
        line = f"{clock_time(time.time())} {'':{BADGE_WIDTH}} {count:,} more requests in one second"
        return self._paint("dim", line) + "\n"

    def _head(self, record: Record) -> Text:
        badge, style = BADGES.get(record.level, (logging.getLevelName(record.level)[:BADGE_WIDTH], ""))
        return Text.assemble(
            (clock_time(record.time), "dim"),
            " ",
            (f"{visible(badge):{BADGE_WIDTH}}", style),
            " ",
            (fitted(record.source, SOURCE_WIDTH), self._source_style(record)),
            " ",
        )

    def _source_style(self, record: Record) -> str:
        """Return a quiet one, but for companions: they have colours in the order in which they speak."""
        if record.logger != COMPANION:
            return "dim"
        next_style = COMPANION_STYLES[len(self._companions) % len(COMPANION_STYLES)]
        return self._companions.setdefault(record.source, next_style)

    def _access_line(self, row: Access, source: str) -> str:
        columns = self._columns()
        method = fitted(row.method, METHOD_WIDTH)
        tail = f"{duration_text(row.duration):>{DURATION_WIDTH}}"
        if columns >= DETAILS_FROM:
            tail = f"{fitted(row.client, CLIENT_WIDTH)}{size_text(row.size):>{SIZE_WIDTH}}{tail}"
        if columns >= ID_FROM:
            tail = f"{tail}  {fitted(row.request_id, ID_WIDTH)}"
        room = columns - HEAD_WIDTH - METHOD_WIDTH - 2 - len(tail)
        path = fitted(row.path, room) if columns >= NARROWEST else visible(row.path)
        return (
            f"{self._paint('dim', clock_time(row.time))} "
            f"{self._paint(STATUS_STYLES.get(row.status // 100, ''), f'{row.status:<{BADGE_WIDTH}}')} "
            f"{self._paint('dim', fitted(source, SOURCE_WIDTH))} "
            f"{self._paint(METHOD_STYLES.get(row.method, OTHER_METHOD), method)} {path} {self._paint('dim', tail)}\n"
        )

    def _paint(self, style: str, text: str) -> str:
        start, end = self._inks[style]
        return f"{start}{text}{end}"

    def _ink(self, style: str) -> tuple[str, str]:
        start, _, end = Style.parse(style).render("|", color_system=self._console._color_system).partition("|")  # noqa: SLF001
        return start, end


class Gate:
    """Lets so many through in each second, and counts the others."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._until = 0.0
        self._seen = 0

    def admits(self, now: float) -> bool:
        if now >= self._until:
            self._until, self._seen = now + 1.0, 0
        self._seen += 1
        return self._seen <= self._limit

    def take_overdue(self, now: float) -> int:
        """How many were held back in a second that is over; told once."""
        if now < self._until:
            return 0
        held_back, self._seen = max(0, self._seen - self._limit), 0
        return held_back


def all_styles() -> set[str]:
    return {"", "dim", OTHER_METHOD, *STATUS_STYLES.values(), *METHOD_STYLES.values()}


def traceback_text(traceback: str) -> Text:
    """Frames of the project's own in sight, those of libraries quiet, the exception loud; below the record."""
    lines = visible(traceback.rstrip("\n"), multiline=True).split("\n")
    text = Text()
    is_own = True
    for number, line in enumerate(lines, start=1):
        tone = tone_of_traceback(line, is_last=number == len(lines))
        frame = _FRAME.match(line)
        if frame is not None:
            is_own = _LIBRARY.search(frame["file"]) is None
            tone = Tone.TITLE if is_own else Tone.QUIET
        elif tone is Tone.TEXT and not is_own:
            tone = Tone.QUIET
        text.append(f"\n  {line}", tone.value)
    return text


def fitted(text: str, width: int) -> str:
    """The text in exactly so many columns, its end cut where it is longer."""
    text = visible(text)
    if text.isascii():
        return f"{text:{width}}" if len(text) <= width else f"{text[: width - 1]}…"
    return set_cell_size(text, width) if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…"


def duration_text(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def size_text(size: int) -> str:
    amount = float(size)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:  # noqa: PLR2004 - binary units
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"
