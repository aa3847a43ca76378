"""What the inspector shows of requests and answers holds no secret that can be known by its name."""

import gzip
import json

import pytest

from tornado_cli.serve.inspector.bodies import SHOWN, Shown, shown_body
from tornado_cli.serve.inspector.masking import masked_headers, masked_text

HIDDEN = "s3cr3t"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", f"Bearer {HIDDEN}", "Bearer ***"),
        ("Authorization", HIDDEN, "***"),
        ("Proxy-Authorization", f"Basic {HIDDEN}", "Basic ***"),
        ("Cookie", f"theme={HIDDEN}; sid={HIDDEN}", "theme=***; sid=***"),
        ("Set-Cookie", f"sid={HIDDEN}; Path=/; HttpOnly", "sid=***; Path=/; HttpOnly"),
        ("X-Api-Key", HIDDEN, "***"),
        ("X-Xsrftoken", HIDDEN, "***"),
        ("X-Amz-Security-Token", HIDDEN, "***"),
        ("Referer", f"http://localhost/?token={HIDDEN}&page=2", "http://localhost/?token=***&page=2"),
        ("Location", f"/done?code={HIDDEN}", "/done?code=***"),
        ("Link", f"<https://ada:{HIDDEN}@example.com/>", "<https://***@example.com/>"),
        ("Accept", "text/html", "text/html"),
        ("X-Fruit", "banana", "banana"),
    ],
)
def test_headers(name: str, value: str, shown: str) -> None:
    assert masked_headers([(name, value)]) == [(name, shown)]


def body(text: str | bytes, kind: str, *, size: int = 0, **headers: str) -> Shown:
    data = text.encode() if isinstance(text, str) else text
    named = [("Content-Type", kind), *((name.replace("_", "-"), value) for name, value in headers.items())]
    return shown_body(data.decode("latin-1"), size or len(data), named)


def test_fields_of_a_form() -> None:
    shown = body(
        f"name=Ada+L&password={HIDDEN}&empty=&user%5Bpassword%5D={HIDDEN}", "application/x-www-form-urlencoded"
    )
    assert shown == Shown(fields=(("name", "Ada L"), ("password", "***"), ("empty", ""), ("user[password]", "***")))


def test_fields_of_json_however_deep() -> None:
    value = {"user": {"apiToken": HIDDEN, "name": "é"}, "list": [{"client_secret": [HIDDEN]}], "password": None}
    shown = body(json.dumps(value), "application/problem+json")
    assert json.loads(shown.text) == {
        "user": {"apiToken": "***", "name": "é"},
        "list": [{"client_secret": "***"}],
        "password": None,
    }


def test_json_that_is_cut_is_masked_all_the_same() -> None:
    text = json.dumps({"password": HIDDEN, "rest": "x" * 100})[:80]
    shown = body(text, "application/json", size=5000)
    assert HIDDEN not in shown.text
    assert shown.note == "The first 80 bytes of 4.9 KiB."
    assert HIDDEN not in body('{"a": 1, "token": "' + HIDDEN, "application/json", size=5000).text


def test_a_form_with_files() -> None:
    lines = [
        *("--x", 'Content-Disposition: form-data; name="password"', "", HIDDEN),
        *("--x", 'Content-Disposition: form-data; name="cv"; filename="cv.pdf"', "Content-Type: application/pdf", ""),
        *("%PDF", "--x--", ""),
    ]
    data = "\r\n".join(lines)
    shown = body(data, "multipart/form-data; boundary=x")
    assert shown.fields == (("password", "***"), ("cv", "file cv.pdf, 4 bytes of application/pdf"))
    assert body(data[:60], "multipart/form-data; boundary=x", size=4000).note == "3.9 KiB of a form with files."
    assert "cannot be read" in body("nonsense", "multipart/form-data; boundary=x").note


def test_inputs_of_a_page() -> None:
    shown = body(f'<p>Hi</p><input type="hidden" name="_xsrf" value="{HIDDEN}"/><input name=q value=tea>', "text/html")
    assert shown.text == '<p>Hi</p><input type="hidden" name="_xsrf" value="***"/><input name=q value=tea>'


def test_what_is_packed_is_unpacked_but_no_bomb() -> None:
    packed = gzip.compress(f'{{"token": "{HIDDEN}"}}'.encode())
    assert json.loads(body(packed, "application/json", Content_Encoding="gzip").text) == {"token": "***"}
    bomb = gzip.compress(b"a" * 10_000_000)
    assert len(body(bomb, "text/plain", Content_Encoding="gzip").text) == SHOWN
    assert body(packed, "application/json", Content_Encoding="br").note.endswith("packed by br.")
    assert body(b"no gzip", "text/plain", Content_Encoding="gzip").note.endswith("packed by gzip.")


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", ""])
def test_what_is_no_text_is_only_named(kind: str) -> None:
    shown = body(b"\x89PNG\x00", kind)
    assert (shown.text, shown.fields) == ("", ())
    assert shown.note.startswith("5 bytes of ")


def test_long_texts_are_cut() -> None:
    shown = body("x" * (2 * SHOWN), "text/plain; charset=unheard-of")
    assert len(shown.text) == SHOWN
    assert shown.note == "The first 16.0 KiB of 32.0 KiB."


def test_what_an_exception_says() -> None:
    assert masked_text(f"no answer from postgresql://ada:{HIDDEN}@db/shop?password={HIDDEN}") == (
        "no answer from postgresql://***@db/shop?password=***"
    )
