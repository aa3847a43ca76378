"""The folders that Tornado reads at each request: what changes there is seen without a restart."""

import inspect
from collections.abc import Iterator
from pathlib import Path

from tornado.routing import Rule, RuleRouter
from tornado.web import Application, StaticFileHandler


def served_folders(application: Application) -> set[str]:
    """Return the folders of templates and of static files."""
    settings = application.settings
    named = [settings.get("template_path"), settings.get("static_path")]
    named += [path for router in (application.wildcard_router, application.default_router) for path in _static(router)]
    return {str(Path(path).absolute()) for path in named if isinstance(path, str | Path)}


def _static(router: RuleRouter) -> Iterator[object]:
    for rule in router.rules:
        target = rule.target
        if isinstance(target, RuleRouter):
            yield from _static(target)
        elif inspect.isclass(target) and issubclass(target, StaticFileHandler):
            yield _arguments(rule).get("path")


def _arguments(rule: Rule) -> dict[str, object]:
    return rule.target_kwargs or {}
