"""What the inspector shows, as somebody reads it, and its buttons, as somebody presses them."""

import html
import re
from dataclasses import dataclass
from urllib.parse import urlencode

from support.connection import Answer
from support.server_process import ServerProcess

LIST = "/__tcli__/"
_ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)
_LINK = re.compile(r'href="/__tcli__/requests/(\d+)"')
_TAGS = re.compile(r"<[^>]*>")
_TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')


@dataclass(frozen=True)
class Listed:
    """A row of the list."""

    number: int
    text: str


def listed(server: ServerProcess) -> list[Listed]:
    """Return the rows of the list, newest first."""
    rows = _ROW.findall(server.get(LIST).text)
    return [Listed(int(link[1]), text_of(row)) for row in rows if (link := _LINK.search(row))]


def find(server: ServerProcess, words: str) -> Listed:
    """Return the newest row that has these words."""
    rows = listed(server)
    found = next((row for row in rows if words in row.text), None)
    assert found is not None, rows
    return found


def details(server: ServerProcess, number: int) -> str:
    """Return what the page of a request says, as text."""
    answer = server.get(f"{LIST}requests/{number}")
    assert answer.status == 200
    return text_of(answer.text)


def token_of(server: ServerProcess, number: int) -> str:
    found = _TOKEN.search(server.get(f"{LIST}requests/{number}").text)
    assert found is not None
    return found[1]


def press_again(server: ServerProcess, number: int, *, token: str | None = None, trace: bool = False) -> Answer:
    """Press the button that sends a request again; without another token it is that of the page."""
    fields = {"token": token_of(server, number) if token is None else token, **({"trace": "1"} if trace else {})}
    return post(server, f"{LIST}requests/{number}/again", urlencode(fields))


def post(server: ServerProcess, path: str, form: str, **headers: str) -> Answer:
    """Send a form as a page of the same origin does, unless the headers say otherwise."""
    named = {"Origin": f"{server.url.partition(':')[0]}://localhost", **headers}
    with server.connect() as connection:
        connection.ask(
            path,
            method="POST",
            Content_Type="application/x-www-form-urlencoded",
            Content_Length=str(len(form)),
            **named,
        )
        connection.send(form.encode())
        return connection.answer()


def number_in(answer: Answer) -> int:
    """Return the number of the request that an answer leads to."""
    found = re.fullmatch(rf"{LIST}requests/(\d+)", answer.headers["location"])
    assert found is not None, answer.headers
    return int(found[1])


def text_of(page: str) -> str:
    return " ".join(html.unescape(_TAGS.sub(" ", page)).split())
