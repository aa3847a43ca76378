"""Projects whose own types and tests are checked: few, and yet every answer is in one of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tornado_cli.scaffold.catalog import PRESETS
from tornado_cli.scaffold.generate import Plan, plan


@dataclass(frozen=True)
class Tree:
    preset: str
    given: Mapping[str, bool | str] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([self.preset, *(f"{name}={value}" for name, value in self.given.items())])

    def planned(self, target: Path) -> Plan:
        return plan(target, preset=self.preset, given=self.given)


USUAL = tuple(Tree(preset) for preset in PRESETS)
UNUSUAL = (
    Tree("minimal", {"wsgi": True, "otel": True, "license": "ISC", "python": "3.12"}),
    Tree("web", {"db": "mongo", "auth": "oauth", "sessions": "redis", "i18n": True, "license": "MIT"}),
    Tree("api", {"db": "mysql", "auth": "password", "sessions": "cookie", "worker": True, "ci": "gitlab"}),
    Tree("realtime", {"db": "mysql", "broker": "rabbitmq", "ci": "github", "license": "BSD-3-Clause"}),
    Tree("realtime", {"db": "none", "auth": "none", "worker": True, "license": "Apache-2.0", "python": "3.14"}),
    Tree("full", {"db": "mongo", "auth": "password", "sessions": "cookie", "broker": "redis", "python": "3.13"}),
)
