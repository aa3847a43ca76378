"""Files that people uploaded: each in a folder of its own, under a name that is safe anywhere."""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

LONGEST_NAME = 100


@dataclass(frozen=True, kw_only=True)
class Upload:
    path: str
    name: str
    size: int


class Uploads:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Upload]:
        found = [file for file in self.folder.glob("[!.]*/*") if file.is_file()]
        uploads = [
            Upload(path=f"{file.parent.name}/{file.name}", name=file.name, size=file.stat().st_size)
            for file in found
        ]
        return sorted(uploads, key=lambda upload: upload.name)

    def add(self, file: Path, name: str) -> Upload:
        """Give a whole file its place; until now nobody could see it."""
        folder = self.folder / secrets.token_hex(16)
        folder.mkdir()
        place = file.rename(folder / safe_name(name))
        return Upload(
            path=f"{folder.name}/{place.name}", name=place.name, size=place.stat().st_size
        )


class Incoming:
    """A form on its way in: its file goes to the disk piece by piece, whatever its size."""

    def __init__(self, uploads: Uploads, boundary: bytes) -> None:
        self.uploads = uploads
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self.begin_part,
                "on_header_field": self.hear_field,
                "on_header_value": self.hear_value,
                "on_headers_finished": self.end_headers,
                "on_part_data": self.hear_data,
                "on_end": self.end,
            },
        )
        uploads.folder.mkdir(parents=True, exist_ok=True)
        self.path = uploads.folder / f".{secrets.token_hex(16)}"
        self.file = self.path.open("xb")
        self.name = ""
        self.is_file = False
        self.is_whole = False
        self.is_broken = False

    def feed(self, chunk: bytes) -> None:
        """Take the next piece; after one that belongs to no form nothing more is taken."""
        if self.is_broken or self.file.closed:
            return
        try:
            self.parser.write(chunk)
        except MultipartParseError:
            self.is_broken = True

    def keep(self) -> Upload | None:
        """Return the file that came; None if there was none."""
        self.file.close()
        return self.uploads.add(self.path, self.name) if self.is_whole and self.name else None

    def discard(self) -> None:
        """Remove what was not kept."""
        self.file.close()
        self.path.unlink(missing_ok=True)

    def begin_part(self) -> None:
        self.header = b""
        self.value = b""
        self.is_file = False

    def hear_field(self, data: bytes, start: int, end: int) -> None:
        if self.value:
            self.end_header()
        self.header += data[start:end]

    def hear_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def end_header(self) -> None:
        _, options = parse_options_header(self.value)
        if self.header.lower() == b"content-disposition" and not self.name:
            self.name = options.get(b"filename", b"").decode("utf-8", "replace")
            self.is_file = bool(self.name)
        self.header = self.value = b""

    def end_headers(self) -> None:
        self.end_header()

    def hear_data(self, data: bytes, start: int, end: int) -> None:
        if self.is_file:
            self.file.write(data[start:end])

    def end(self) -> None:
        self.is_whole = True


def safe_name(name: str) -> str:
    """Keep of a name what means the same on every system, in a path and in a header."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = re.sub(r"[^\w.-]+", "_", last).strip("._")
    return plain[-LONGEST_NAME:].lstrip(".") or "file"
