"""Read what was typed for `APP`: a place, and perhaps an attribute with arguments."""

import ast
from pathlib import PurePath

from tornado_cli.errors import AppError
from tornado_cli.records import Record

_FORMS = 'Forms: module:attr, module:factory(1, "x", key=True), path/to/file.py[:attr], a package, a folder.'


class Spec(Record, kw_only=True):
    """`PLACE[:ATTRIBUTE[(ARGUMENTS)]]`, taken apart."""

    text: str
    place: str
    attribute: str | None = None
    arguments: str = ""

    @property
    def is_path(self) -> bool:
        """Whether the place is written as a file or folder; a bare word may still be either."""
        return self.place.endswith(".py") or self.place in {".", ".."} or "/" in self.place or "\\" in self.place


def parse_spec(text: str) -> Spec:
    """Raise AppError for what is no place, no attribute, or has arguments that are no literals."""
    text = text.strip()
    drive = PurePath(text).drive
    place, colon, expression = text[len(drive) :].partition(":")
    place = drive + place
    if not place or (colon and not expression.strip()):
        raise AppError(f"{text!r} does not name an application.", hint=_FORMS)
    if not colon:
        return Spec(text=text, place=place)
    attribute, arguments = _attribute_of(text, expression.strip())
    return Spec(text=text, place=place, attribute=attribute, arguments=arguments)


def _attribute_of(text: str, expression: str) -> tuple[str, str]:
    try:
        node = ast.parse(expression, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise AppError(f"{expression!r} in {text!r} is not the name of an attribute.", hint=_FORMS) from error
    arguments = ""
    if isinstance(node, ast.Call):
        arguments = _literals_of(text, node)
        node = node.func
    if not _is_dotted_name(node):
        raise AppError(f"{expression!r} in {text!r} is not the name of an attribute.", hint=_FORMS)
    return ast.unparse(node), arguments


def _literals_of(text: str, call: ast.Call) -> str:
    for node in [*call.args, *(word.value for word in call.keywords)]:
        try:
            ast.literal_eval(node)
        except (ValueError, TypeError) as error:
            shown = ast.unparse(node)
            hint = f"For anything else write a factory of your own that calls it. {_FORMS}"
            raise AppError(f"{shown} in {text!r} is not a literal (text, number, True, None, …).", hint=hint) from error
    if any(word.arg is None for word in call.keywords):
        raise AppError(f"** in {text!r} is not a literal argument.", hint=_FORMS)
    words = [f"{word.arg}={ast.unparse(word.value)}" for word in call.keywords]
    return ", ".join([*(ast.unparse(node) for node in call.args), *words])


def _is_dotted_name(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
