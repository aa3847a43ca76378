"""Links that open a file at its line in the user's own editor, which has registered a URL scheme; nothing is run."""

import re
import shlex
from collections.abc import Mapping
from pathlib import PurePath
from urllib.parse import quote

from tornado_cli.errors import UsageError

_KNOWN = {
    "vscode": "vscode://file{path}:{line}",
    "vscodium": "vscodium://file{path}:{line}",
    "cursor": "cursor://file{path}:{line}",
    "windsurf": "windsurf://file{path}:{line}",
    "zed": "zed://file{path}:{line}",
    "pycharm": "pycharm://open?file={path}&line={line}",
    "idea": "idea://open?file={path}&line={line}",
    "textmate": "txmt://open?url=file://{path}&line={line}",
}
_PROGRAMS = {
    "code": "vscode",
    "code-insiders": "vscode",
    "codium": "vscodium",
    "cursor": "cursor",
    "windsurf": "windsurf",
    "zed": "zed",
    "zeditor": "zed",
    "charm": "pycharm",
    "pycharm": "pycharm",
    "pycharm.sh": "pycharm",
    "idea": "idea",
    "mate": "textmate",
}
_TEMPLATE = re.compile(r"(?!javascript:|data:|vbscript:)[a-z][a-z0-9+.-]*:.*\{path\}.*", re.IGNORECASE)


def url_template(named: str, environ: Mapping[str, str]) -> str:
    """Return the URL with `{path}` and `{line}` in it; empty where nobody says which editor, or it has none.

    Raises UsageError for a name that is not known and no template either.
    """
    if named:
        if named not in _KNOWN and not _TEMPLATE.fullmatch(named):
            raise UsageError(
                f"--editor {named} is no editor that is known, and no URL.",
                hint=f"One of {', '.join(_KNOWN)}, or a URL with {{path}} and {{line}} in it.",
            )
        return _KNOWN.get(named, named)
    programs = [_program(environ.get(name, "")) for name in ("VISUAL", "EDITOR")]
    return next((_KNOWN[_PROGRAMS[program]] for program in programs if program in _PROGRAMS), "")


def editor_link(template: str, path: str, line: int) -> str:
    """Return the link to a line; empty without a template, or for what is no file."""
    if not template or not path.startswith("/"):
        return ""
    return template.replace("{path}", quote(path, errors="surrogateescape")).replace("{line}", str(line))


def _program(command: str) -> str:
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    return PurePath(words[0]).name if words else ""
