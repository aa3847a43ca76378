"""What dataclasses write and have compiled: by the first process that comes to it, and not again by the next.

In a project with many of them that is half of its import. Code depends on nothing but the text it is made from, so a
text that has been seen before can do with what another process has made of it. Each class gets code objects of its own,
as ever: the interpreter keeps in them what it learns of the types that they meet.
"""

import fcntl
import marshal
import os
import struct
import sys
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from tornado_cli.app.after_import import after_import
from tornado_cli.system.memory_files import anonymous_file

MOST: Final = 32 * 1024 * 1024
"""Bytes that are kept for other processes; whoever makes classes without end has to compile them."""
_HEADER: Final = struct.Struct("=QI")
"""Before what one process tells: the length of it, and its CRC-32."""


class Compiled:
    """Made before the forks, and shared with them: by memory what was known then, by a file what comes later."""

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}
        """By the texts, as `marshal` writes it."""
        self._new: dict[str, bytes] = {}
        """What no other process has been told of."""
        self._file = anonymous_file("tcli-compiled")
        # With it each write is a whole one, whoever else writes at the same time.
        fcntl.fcntl(self._file, fcntl.F_SETFL, os.O_APPEND)
        self._read = 0
        """Bytes of the file."""
        self._dataclasses: Any = None

    def begin(self) -> None:
        """Stand in for what the module `dataclasses` has its texts executed by."""
        after_import({"dataclasses": self._stand_in})

    def end(self) -> None:
        """Tell other processes, and leave the module to itself: the application has been made."""
        if self._dataclasses is not None:
            vars(self._dataclasses).pop("exec", None)
            self._dataclasses = None
        self._tell()

    def share(self) -> None:
        """Tell other processes, and learn what they have told."""
        self._tell()
        self._learn()

    def execute(self, text: str, *namespaces: Any) -> None:
        """Do what the builtin `exec` does."""
        known = self._codes.get(text)
        if known is None:
            code = compile(text, "<string>", "exec", dont_inherit=True)
            self._codes[text] = self._new[text] = marshal.dumps(code)
        else:
            code = marshal.loads(known)  # noqa: S302 - from processes of this user and interpreter alone.
        exec(code, *namespaces)  # noqa: S102 - what the module would do.

    def _stand_in(self, module: Any) -> None:
        file = getattr(module, "__file__", None)
        if file is None or Path(file).parent != Path(os.__file__).parent:
            # Somebody's own, of the same name.
            return
        # The module looks for its own names first: this is one, the builtin stays as it is.
        module.exec = self.execute
        self._dataclasses = module

    def _tell(self) -> None:
        new, self._new = self._new, {}
        if new and os.fstat(self._file).st_size < MOST:
            content = marshal.dumps(new)
            # Without room, or allowed no such file, each process compiles for itself; what is half written is noticed.
            with suppress(OSError):
                os.write(self._file, _HEADER.pack(len(content), zlib.crc32(content)) + content)

    def _learn(self) -> None:
        size = os.fstat(self._file).st_size
        while self._read + _HEADER.size <= size:
            length, checksum = _HEADER.unpack(os.pread(self._file, _HEADER.size, self._read))
            start, end = self._read + _HEADER.size, self._read + _HEADER.size + length
            if end > size:
                # It is still being written.
                break
            content = os.pread(self._file, length, start)
            if zlib.crc32(content) != checksum:
                # Whoever wrote this was killed meanwhile: where the next one begins nobody knows.
                self._read = sys.maxsize
                break
            self._codes.update(marshal.loads(content))  # noqa: S302 - see above.
            self._read = end
