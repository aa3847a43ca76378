"""What lies in the watched folders, as it was when it was last looked at, and how it differs now."""

import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from tornado_cli.serve.watching.changes import Sign
from tornado_cli.serve.watching.folders import (
    Folder,
    Signature,
    ignore_files_above,
    is_environment,
    is_link_to_folder,
    read_folder,
    signature_of,
)
from tornado_cli.serve.watching.rules import Change, IgnoreFiles, Rules, is_noise


@dataclass(slots=True)
class Findings:
    """What a look has found."""

    changed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Folders that are no more."""


@dataclass(frozen=True, slots=True)
class Following:
    """What comes of files that count from now on."""

    folders: list[str]
    """To be looked into because of them."""
    files: list[str]
    """Those of which no change would have been told until now."""


class Ground:
    """Folders by their real paths, so that no loop of links is endless; changed by two threads, each for a moment.

    `tops` are looked into to their depths. Beside them are folders, each alone, of files that the application reads.
    """

    def __init__(self, tops: tuple[str, ...], rules: Rules, sides: Iterable[str] = ()) -> None:
        self.tops = tops
        self._sides = dict.fromkeys([*sides, *(os.path.dirname(path) for path in rules.named)])
        self._new_sides: set[str] = set()
        """Not looked into so far: known of them are only the files because of which they are watched."""
        self._rules = rules
        self._always_named = rules.named
        self._folders: dict[str, Folder] = {}
        self._lock = threading.Lock()

    def is_missing_a_top(self) -> bool:
        return any(top not in self._folders for top in self.tops)

    def everything(self) -> tuple[str, ...]:
        return (*self.tops, *list(self._sides))

    def look(self, starts: Collection[str], enter: Callable[[str], None]) -> Findings:
        """Compare what is there with what was; `enter` is called with each folder just before it is looked into."""
        findings = Findings()
        seen: set[str] = set()
        # Taken from the end. Sides come last: one that is also reached from above is looked into to its depth.
        pending: list[tuple[str, IgnoreFiles | None]] = [(start, None) for start in self._sides_first(starts)]
        while pending:
            path, outer = pending.pop()
            if path in seen or (outer is None and self._is_left_out(path)):
                continue
            seen.add(path)
            enter(path)
            folder = self._look_into(path, outer, seen, findings)
            if folder is not None and (outer is not None or path not in self._sides):
                pending += [(linked, ignore_files_above(linked)) for linked in folder.linked]
                pending += [(inside, folder.ignore_files) for inside in folder.inside]
        self._forget(starts, seen, findings)
        return findings

    def note(self, folder: str, name: str, sign: Sign) -> bool:
        """Take what the kernel has told of a file; say whether it counts."""
        path = os.path.join(folder, name)
        with self._lock:
            known = self._folders.get(folder)
            if known is None:
                return False
            if sign is Sign.UNSURE and name in known.files:
                del known.files[name]
                return True
            if sign is Sign.UNSURE or not self._counts(path, known.ignore_files):
                return False
            # Not only if it differs: two saves of one size may fall into one tick of the file system's clock.
            if sign is Sign.COMPLETE and (signature := signature_of(path)) is not None:
                known.files[name] = signature
            return True

    def follow(self, paths: Iterable[str]) -> Following:
        """Have these files count whatever their names are."""
        named = {real for path in paths if not is_noise(path) for real in _real_names(path)}
        with self._lock:
            self._rules = replace(self._rules, named=self._always_named | named)
            sides = {os.path.dirname(path) for path in named} - self._folders.keys()
            self._sides |= dict.fromkeys(sides)
            self._new_sides |= sides
            for side in sides:
                above = ignore_files_above(side)
                self._folders[side] = Folder(above, above, {}, (), ())
            files = self._remember(named)
        return Following(folders=sorted(sides), files=files)

    def _remember(self, paths: Iterable[str]) -> list[str]:
        """Know files that did not count when their folder was looked into: what changes them from now on is told."""
        new = []
        for path in paths:
            folder, name = os.path.split(path)
            if name not in self._folders[folder].files and (signature := signature_of(path)) is not None:
                self._folders[folder].files[name] = signature
                new.append(path)
        return new

    def _counts(self, path: str, ignore_files: IgnoreFiles) -> bool:
        if self._rules.change_of(path, ignore_files) is not Change.NOTHING:
            return True
        return is_link_to_folder(path) and not self._rules.skips(path, ignore_files)

    def _sides_first(self, starts: Collection[str]) -> list[str]:
        within = [path for path in self.everything() if _is_below(path, starts)]
        return sorted({*starts, *within}, key=lambda path: path not in self._sides)

    def _is_left_out(self, path: str) -> bool:
        """Say so of a folder that has just come; of others it was decided from above."""
        if path in self.tops or path in self._sides or path in self._folders:
            return False
        above = self._folders.get(os.path.dirname(path))
        return is_environment(path) or (above is not None and self._rules.skips(path, above.ignore_files))

    def _look_into(self, path: str, outer: IgnoreFiles | None, seen: set[str], findings: Findings) -> Folder | None:
        with self._lock:
            before = self._folders.get(path)
            try:
                found = read_folder(path, self._outer(path) if outer is None else outer, self._rules)
            except (FileNotFoundError, NotADirectoryError):
                seen.discard(path)
                return None
            except OSError:
                # Forbidden, or a server that is away: what was known of it stays.
                seen.update(known for known in self._folders if _is_below(known, (path,)))
                self._folders.setdefault(path, Folder(outer or (), outer or (), {}, (), ()))
                return None
            self._folders[path] = found
            is_new_side = path in self._new_sides
            self._new_sides.discard(path)
        known = before.files if before is not None else {}
        changed = [name for name in _differences(known, found.files) if not is_new_side or name in known]
        findings.changed += [os.path.join(path, name) for name in changed]
        findings.changed += _gone(path, known.keys() - found.files.keys())
        return found

    def _outer(self, path: str) -> IgnoreFiles:
        if path in self._folders:
            return self._folders[path].outer
        above = self._folders.get(os.path.dirname(path))
        return above.ignore_files if above is not None else ignore_files_above(path)

    def _forget(self, starts: Collection[str], seen: set[str], findings: Findings) -> None:
        is_whole = set(starts) >= set(self.tops)
        with self._lock:
            gone = [
                path
                for path in self._folders
                if path not in seen | self._new_sides and (is_whole or _is_below(path, starts))
            ]
            for path in gone:
                findings.changed += _gone(path, self._folders.pop(path).files)
        findings.left += gone


def _differences(before: dict[str, Signature], after: dict[str, Signature]) -> list[str]:
    """Return the names of files that came or changed."""
    return [name for name in after if before.get(name) != after[name]]


def _gone(folder: str, names: Iterable[str]) -> list[str]:
    """Return the files that are not there any more; the others only do not count any more."""
    paths = (os.path.join(folder, name) for name in names)
    return [path for path in paths if not os.path.lexists(path)]


def _is_below(path: str, tops: Iterable[str]) -> bool:
    return any(path == top or path.startswith(top.rstrip(os.sep) + os.sep) for top in tops)


def _real_names(path: str) -> Iterator[str]:
    """Return where a file really is and, where the last part is a link, that link."""
    if "\0" in path:
        # No file, but an application may name it.
        return
    yield os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    if os.path.islink(path):
        yield os.path.realpath(path)
