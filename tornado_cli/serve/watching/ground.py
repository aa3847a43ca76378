"""What lies in the watched folders, as it was when it was last looked at, and how it differs now."""

import os
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from tornado_cli.records import Record, State, anew
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


@dataclass(frozen=True, slots=True)
class _Visit:
    """A folder that is to be looked into."""

    path: str
    outer: IgnoreFiles | None = None
    """The ignore files above; None where the look starts."""
    is_by_link: bool = False

    @property
    def is_start(self) -> bool:
        return self.outer is None


class Findings(State):
    """What a look has found."""

    changed: list[str] = anew(factory=list)
    left: list[str] = anew(factory=list)
    """Folders that are no more."""


class Following(Record):
    """What comes of files that count from now on."""

    folders: list[str]
    """To be looked into because of them."""
    files: list[str]
    """Those of which no change would have been told until now."""
    links: dict[str, str]
    """The link by which the application knows a file that lies elsewhere, by where it lies."""


class Ground:
    """Folders by their real paths, so that no loop of links is endless; changed by two threads, each for a moment.

    `tops` are looked into to their depths. Beside them are folders, each alone, of files that the application reads.
    """

    def __init__(self, tops: tuple[str, ...], rules: Rules, sides: Iterable[str] = ()) -> None:
        self.tops = tops
        self._always_sides = frozenset([*sides, *(os.path.dirname(path) for path in rules.named)]).difference(tops)
        self._sides = self._always_sides
        self._new_sides: set[str] = set()
        """Not looked into so far: known of them are only the files because of which they are watched."""
        self._rules = rules
        self._always_named = rules.named
        self._folders: dict[str, Folder] = {}
        self._lock = threading.Lock()

    def missing(self) -> list[str]:
        """Return the folders that are to be watched and are not there, or not yet."""
        return [path for path in self.everything() if path not in self._folders or path in self._new_sides]

    def everything(self) -> tuple[str, ...]:
        return (*self.tops, *self._sides)

    def look(self, starts: Collection[str], enter: Callable[[str], bool]) -> Findings:
        """Compare what is there with what was.

        `enter` is called with each folder just before it is looked into, and says whether it is there.
        """
        findings = Findings()
        seen: set[str] = set()
        # Taken from the end. Sides come last: one that is also reached from above is looked into to its depth.
        pending = [_Visit(start) for start in self._sides_first(starts)]
        while pending:
            visit = pending.pop()
            if visit.path in seen or (visit.is_start and self._is_left_out(visit.path)):
                continue
            # One that is made a moment later would be known, but not watched.
            if not enter(visit.path):
                continue
            seen.add(visit.path)
            folder = self._look_into(visit, seen, findings)
            if folder is not None and not (visit.is_start and visit.path in self._sides):
                pending += [_Visit(path, ignore_files_above(path), is_by_link=True) for path in folder.linked]
                pending += [_Visit(path, folder.ignore_files, visit.is_by_link) for path in folder.inside]
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

    def changed_since(self, moment: int) -> list[str]:
        """Return the files that were written or put there after a moment, in nanoseconds since the epoch."""
        with self._lock:
            known = [(folder, dict(found.files)) for folder, found in self._folders.items()]
        return [
            os.path.join(folder, name) for folder, files in known for name in files if max(files[name][:2]) > moment
        ]

    def follow(self, paths: Iterable[str]) -> Following:
        """Have these files count whatever their names are."""
        names = [_real_names(path) for path in paths if not is_noise(path)]
        named = {name for several in names for name in several}
        with self._lock:
            new_ones = [path for path in named if not self._counted(path)]
            self._rules = self._rules.but(named=self._always_named | named)
            wanted = {os.path.dirname(path) for path in named}.difference(self.tops)
            new = wanted - self._folders.keys()
            self._sides = self._always_sides | new | (wanted & self._sides)
            self._new_sides = self._new_sides & self._sides | new
            for side in new:
                above = ignore_files_above(side)
                self._folders[side] = Folder(above, above, {}, (), ())
            files = self._remember(new_ones)
        links = {several[1]: several[0] for several in names if len(several) > 1}
        return Following(folders=sorted(new), files=files, links=links)

    def _counted(self, path: str) -> bool:
        """Say whether a file counts so far: what is known of it then is what was reported, also that it is gone."""
        folder = self._folders.get(os.path.dirname(path))
        return folder is not None and self._rules.change_of(path, folder.ignore_files) is not Change.NOTHING

    def _remember(self, paths: Iterable[str]) -> list[str]:
        """Know files that did not count when their folder was looked into: what changes them from now on is told."""
        new = []
        for path in paths:
            folder, name = os.path.split(path)
            if folder in self._folders and (signature := signature_of(path)) is not None:
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
        return above is None or is_environment(path) or self._rules.skips(path, above.ignore_files)

    def _look_into(self, visit: _Visit, seen: set[str], findings: Findings) -> Folder | None:
        path = visit.path
        with self._lock:
            before = self._folders.get(path)
            outer = self._outer(path) if visit.outer is None else visit.outer
            try:
                found = read_folder(path, outer, self._rules)
            except (FileNotFoundError, NotADirectoryError):
                seen.discard(path)
                return None
            except OSError:
                # Forbidden, or a server that is away: what was known of it stays.
                seen.update(known for known in self._folders if _is_below(known, (path,)))
                self._folders.setdefault(path, Folder(outer, outer, {}, (), ()))
                return None
            self._folders[path] = found
            # Where a link leads now is told by the link; in a new side, all but what it is watched for is old.
            tells_all = before is not None or not visit.is_by_link
            if path in self._new_sides:
                tells_all = False
                self._new_sides.remove(path)
        known = before.files if before is not None else {}
        changed = [name for name in _differences(known, found.files) if tells_all or name in known]
        findings.changed += [os.path.join(path, name) for name in changed]
        findings.changed += _gone(path, known.keys() - found.files.keys())
        return found

    def _outer(self, path: str) -> IgnoreFiles:
        if path in self._folders:
            return self._folders[path].outer
        above = self._folders.get(os.path.dirname(path))
        return above.ignore_files if above is not None else ignore_files_above(path)

    def _forget(self, starts: Collection[str], seen: set[str], findings: Findings) -> None:
        is_whole = set(starts) >= set(self.everything())
        with self._lock:
            kept = seen | self._new_sides
            gone = [path for path in self._folders if path not in kept and (is_whole or _is_below(path, starts))]
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


def _real_names(path: str) -> tuple[str, ...]:
    """Return where a name really is and, where the last part is a link, where that leads."""
    if "\0" in path:
        # No file, but an application may name it.
        return ()
    name = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    return (name, os.path.realpath(path)) if os.path.islink(path) else (name,)
