"""What open pages are told while something stands in for the application."""

import os
from http import HTTPStatus
from typing import Any

from tornado_cli.serve.browser_tools.editors import editor_link, url_template
from tornado_cli.serve.browser_tools.hiding import Hider
from tornado_cli.serve.error_page.details import Details

WITHOUT_DETAILS = "The application does not run."


def state_of(page: dict[str, Any], editor: str) -> dict[str, Any]:
    """Return it; its `details` are for those only who may see them."""
    is_coming = page["status"] == HTTPStatus.SERVICE_UNAVAILABLE
    failure = page.get("details")
    return {
        "state": "starting" if is_coming else "broken",
        "title": page["title"] if is_coming else WITHOUT_DETAILS,
        "details": {
            "title": Hider(os.environ).text(page["title"]),
            "hint": page["hint"],
            "place": None if failure is None else _linked(failure["place"], editor),
        },
    }


def _linked(place: Details | None, editor: str) -> Details | None:
    if place is None:
        return None
    link = editor_link(url_template(editor, os.environ), place["path"], place["line"])
    return {"file": place["file"], "line": place["line"], "source": place["source"], "link": link}
