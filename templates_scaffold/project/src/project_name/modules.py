"""UI modules: pieces of pages that templates share."""

from typing import Any

from tornado.web import UIModule


class Field(UIModule):
    """A field with its label and, when it was filled in wrong, what is wrong."""

    def render(self, name: str, label: str, **given: Any) -> bytes:
        values = {"value": "", "error": "", "type": "text", "autocomplete": "off", **given}
        return self.render_string("modules/field.html", name=name, label=label, **values)
