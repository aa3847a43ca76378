"""What `tcli new` can make: the presets, and where their template lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tornado_cli
from tornado_cli.rendering import Answers


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """A name for a set of answers; the template's conditions ask for answers, never for presets."""

    summary: str
    answers: Answers


WEB: Answers = {"pages": True, "db": "sqlite", "auth": "password", "sessions": "db"}
API: Answers = {"crud": True, "db": "sqlite", "openapi": True, "metrics": True}
REALTIME: Answers = {**WEB, "rooms": True, "broker": "redis"}
FULL: Answers = {
    **REALTIME,
    **API,
    "db": "postgres",
    "auth": "oauth",
    "broker": "both",
    "worker": True,
    "otel": True,
    "i18n": True,
    "wsgi": True,
}
PRESETS: Mapping[str, Preset] = {
    "minimal": Preset(summary="an app, a handler, a test", answers={}),
    "web": Preset(summary="pages and login, with a database", answers=WEB),
    "api": Preset(summary="a REST API with its description", answers=API),
    "realtime": Preset(summary="web, and WebSocket rooms", answers=REALTIME),
    "full": Preset(summary="everything", answers=FULL),
}
DEFAULT_PRESET = "web"


def template_root() -> Path:
    """The template inside the installed package, or else beside it in a checkout."""
    package = Path(tornado_cli.__file__).parent
    installed = package / "templates_scaffold"
    return installed if installed.is_dir() else package.parent / "templates_scaffold"
