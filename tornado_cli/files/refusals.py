"""Why files were not written, in words."""

import stat
from pathlib import Path

from tornado_cli.errors import TcliError


class TargetExistsError(TcliError):
    """Something has this name already; whatever it is, it stays."""

    def __init__(self, target: Path, hint: str = "Choose another name, or move it away first.") -> None:
        super().__init__(f"{str(target)!r} exists already ({kind_of(target)}); it was not touched.", hint=hint)


class CannotWriteError(TcliError):
    """The disk or its permissions said no; nothing was left behind."""

    def __init__(self, target: Path, error: OSError) -> None:
        super().__init__(
            f"Cannot write {str(target)!r}: {error.strerror}. Nothing was left behind.",
            hint="Choose another place, or see to room and permissions in this one.",
        )


class StoppedError(TcliError):
    """A signal came while files were written; nothing was left behind."""


def kind_of(path: Path) -> str:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return "it did a moment ago"
    kinds = [(stat.S_ISLNK, "a link"), (stat.S_ISDIR, "a folder"), (stat.S_ISREG, "a file")]
    return next((kind for is_kind, kind in kinds if is_kind(mode)), "something special")
