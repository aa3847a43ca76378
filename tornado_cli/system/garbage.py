"""Fewer collections while an application is imported: next to nothing of that is garbage."""

import gc

_OBJECTS = 50_000
"""New ones between two collections, where Python has 700 (2,000 from 3.13 on): a tenth of the time of an import."""


class RareCollections:
    """Collections are rare from `begin` to `end`, unless somebody wants it otherwise."""

    def __init__(self) -> None:
        self._found: tuple[int, int, int] | None = None

    def begin(self) -> None:
        self._found = gc.get_threshold()
        gc.set_threshold(_OBJECTS, *self._found[1:])

    def end(self) -> None:
        """Set back what was set; what the application has set itself is kept."""
        if self._found is not None and gc.get_threshold() == (_OBJECTS, *self._found[1:]):
            gc.set_threshold(*self._found)
        self._found = None
