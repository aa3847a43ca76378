"""Descriptors 0, 1 and 2 are what everybody takes them for."""

import os


def open_standard_descriptors() -> None:
    """Open what the caller had closed of them: the next file opened would be taken for it."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
