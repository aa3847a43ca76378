"""What `tcli new` can make: the presets, and where their template lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tornado_cli
from tornado_cli.rendering import Answers
from tornado_cli.scaffold.answers import QUESTIONS, Answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """A name for a set of answers; the template's conditions ask for answers, never for presets."""

    summary: str
    wanted: Mapping[str, Answer]
    """What it is to be when all is there."""

    @property
    def answers(self) -> Answers:
        """What the template has of it."""
        return {name: value for name, value in self.wanted.items() if value in QUESTIONS[name].offered}

    @property
    def is_there(self) -> bool:
        """What only a preset can switch on is what it is chosen for."""
        return all(name in self.answers for name in self.wanted if QUESTIONS[name].is_of_preset)


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
DRAFTS: Mapping[str, Preset] = {
    "minimal": Preset(summary="an app, a handler, a test", wanted={}),
    "web": Preset(summary="pages and login, with a database", wanted=WEB),
    "api": Preset(summary="a REST API with its description", wanted=API),
    "realtime": Preset(summary="web, and WebSocket rooms", wanted=REALTIME),
    "full": Preset(summary="everything", wanted=FULL),
}
PRESETS = {name: preset for name, preset in DRAFTS.items() if preset.is_there}
DEFAULT_PRESET = "web"


def template_root() -> Path:
    """The template inside the installed package, or else beside it in a checkout."""
    package = Path(tornado_cli.__file__).parent
    installed = package / "templates_scaffold"
    return installed if installed.is_dir() else package.parent / "templates_scaffold"
