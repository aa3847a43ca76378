"""The description of the API, for programs and for people."""

from typing import Any

from ..openapi import description
from .base import BaseHandler

DESCRIPTION = description()


class OpenApiHandler(BaseHandler):
    def get(self) -> None:
        self.finish(DESCRIPTION)


class DocsHandler(BaseHandler):
    def get(self) -> None:
        self.render("docs.html", api=DESCRIPTION, models_of=models_of)


def models_of(content: dict[str, Any]) -> str:
    """Name the models of a body."""
    references = [kind["schema"]["$ref"] for kind in content.get("content", {}).values()]
    return ", ".join(reference.rpartition("/")[2] for reference in references)
