"""UI modules: pieces of pages that templates share."""

from tornado.web import UIModule


class Field(UIModule):
    """A text field with its label and, when it was filled in wrong, what is wrong."""

    def render(self, name: str, label: str, value: str = "", error: str = "") -> bytes:
        return self.render_string(
            "modules/field.html", name=name, label=label, value=value, error=error
        )
