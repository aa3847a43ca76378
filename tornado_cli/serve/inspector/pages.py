"""The inspector's pages under `/__tcli__/`: the list, a request, and the button that sends it again."""

import os
import time
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tornado.template import Loader
from tornado.web import HTTPError

from tornado_cli.serve.browser_tools.editors import editor_link, url_template
from tornado_cli.serve.browser_tools.guards import ToolHandler
from tornado_cli.serve.browser_tools.tools import PREFIX
from tornado_cli.serve.inspector.again import send_again, why_not_again
from tornado_cli.serve.inspector.inspector import Inspector
from tornado_cli.serve.inspector.store import KEPT
from tornado_cli.serve.inspector.view import details_of, row_of, spoken

_TEMPLATES = Loader(str(Path(__file__).parent / "templates"), whitespace="oneline")


class InspectorHandler(ToolHandler):
    """Shows what only `--debug` shows."""

    needs_debug = True

    @property
    def inspector(self) -> Inspector:
        inspector = self.tools.inspector
        # Who gets here has passed the guards: with --debug there is one.
        assert inspector is not None
        return inspector

    def prepare(self) -> None:
        super().prepare()
        if self.inspector.recorder is not None:
            self.inspector.recorder.catch_up()

    def show(self, template: str, **values: Any) -> None:
        link = partial(editor_link, url_template(self.tools.editor, os.environ))
        shared = {"prefix": PREFIX, "token": self.tools.token, "spoken": spoken, "kept": KEPT, "link": link}
        self.write(_TEMPLATES.load(template).generate(**shared, **values))

    def record(self, number: str) -> dict[str, Any]:
        """Return a request; answer 404 when it is not kept any more."""
        record = self.inspector.store.get(int(number))
        if record is None:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        return record

    def rows(self) -> dict[str, Any]:
        """Return what the list shows, and by which number of changes it will be known to be old."""
        changes, now = self.inspector.store.changes(), time.time()
        return {"changes": changes, "rows": [row_of(record, now) for record in self.inspector.store.newest_first()]}


class RequestList(InspectorHandler):
    """All that are kept."""

    def get(self) -> None:
        self.show("list.html", is_late=self.get_argument("late", "") != "", **self.rows())

    head = get


class RequestRows(InspectorHandler):
    """The rows alone, for the list that is live; 204 when nothing has changed, and nothing goes on."""

    def get(self) -> None:
        found = self.rows()
        is_known = self.get_argument("changes", "") == str(found["changes"])
        if is_known and not any(row.is_going_on for row in found["rows"]):
            self.set_status(HTTPStatus.NO_CONTENT)
            return
        self.set_header("X-Tcli-Changes", str(found["changes"]))
        self.show("rows.html", **found)


class RequestDetails(InspectorHandler):
    """One request."""

    def get(self, number: str) -> None:
        record = self.record(number)
        self.show("request.html", one=details_of(record, time.time()), why_not=self.why_not(record))

    head = get

    def why_not(self, record: Mapping[str, Any]) -> str:
        """Say why it cannot be sent again, if so."""
        if self.inspector.recorder is None:
            return "The application does not run."
        return why_not_again(record, self.inspector.ports())


class RequestAgain(RequestDetails):
    """Sends it again, and shows what came of it."""

    async def post(self, number: str) -> None:
        record = self.record(number)
        recorder = self.inspector.recorder
        if recorder is None or self.why_not(record):
            raise HTTPError(HTTPStatus.CONFLICT)
        made = await send_again(record, recorder, is_traced=self.get_argument("trace", "") != "")
        self.set_status(HTTPStatus.SEE_OTHER)
        self.set_header("Location", f"{PREFIX}requests/{made}" if made else f"{PREFIX}?late=1")


def inspector_routes(known: dict[str, Any]) -> list[Any]:
    """Return the routes; each handler is given what is known."""
    return [
        (PREFIX, RequestList, known),
        (f"{PREFIX}rows", RequestRows, known),
        (f"{PREFIX}requests/([0-9]{{1,15}})", RequestDetails, known),
        (f"{PREFIX}requests/([0-9]{{1,15}})/again", RequestAgain, known),
    ]
