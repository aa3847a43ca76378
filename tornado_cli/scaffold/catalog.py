"""What `tcli new` can make: the presets, and where their template lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tornado_cli


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """A name for a set of answers; the template's conditions ask for answers, never for presets."""

    summary: str
    answers: Mapping[str, bool | str]


PRESETS: Mapping[str, Preset] = {
    "minimal": Preset(summary="an app, a handler, a test", answers={"pages": False}),
    "web": Preset(summary="pages, a form, static files, health checks", answers={"pages": True}),
}
DEFAULT_PRESET = "web"


def template_root() -> Path:
    """The template inside the installed package, or else beside it in a checkout."""
    package = Path(tornado_cli.__file__).parent
    installed = package / "templates_scaffold"
    return installed if installed.is_dir() else package.parent / "templates_scaffold"
