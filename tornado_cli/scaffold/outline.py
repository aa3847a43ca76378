"""Draws paths as a tree of text."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import PurePosixPath

Parts = tuple[str, ...]


def outline(paths: Iterable[PurePosixPath]) -> list[str]:
    """One line for each folder and file: in each folder its folders first, then its files, by name."""
    return list(lines_of([path.parts for path in paths], indent=""))


def lines_of(paths: list[Parts], indent: str) -> Iterator[str]:
    ordered = sorted(paths, key=lambda parts: (len(parts) == 1, parts[0]))
    groups = [(name, list(group)) for name, group in groupby(ordered, key=lambda parts: parts[0])]
    for position, (name, group) in enumerate(groups, start=1):
        is_last = position == len(groups)
        inner = [parts[1:] for parts in group if len(parts) > 1]
        yield f"{indent}{'└── ' if is_last else '├── '}{name}{'/' if inner else ''}"
        yield from lines_of(inner, indent + ("    " if is_last else "│   "))
