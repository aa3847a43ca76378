"""Whether packages were installed or removed: what was imported of them before is then not what is there."""

import contextlib
import sysconfig
from pathlib import Path


class InstalledPackages:
    """Looks at the folders in which an installer makes and removes entries, of the interpreter that runs this."""

    def __init__(self) -> None:
        self._folders = sorted({sysconfig.get_paths()[name] for name in ("purelib", "platlib")})
        self._stamps = self._look()

    def have_changed(self) -> bool:
        """Say whether they have since the last call."""
        before, self._stamps = self._stamps, self._look()
        return self._stamps != before

    def _look(self) -> list[int]:
        stamps = []
        for folder in self._folders:
            with contextlib.suppress(OSError):
                stamps.append(Path(folder).stat().st_mtime_ns)
        return stamps
