"""Links into the user's editor: by its own URL scheme, never by running anything."""

import pytest

from tornado_cli.errors import UsageError
from tornado_cli.serve.browser_tools.editors import editor_link, url_template


@pytest.mark.parametrize(
    ("environ", "link"),
    [
        ({"EDITOR": "code --wait"}, "vscode://file/a%20b/c.py:7"),
        ({"VISUAL": "/opt/pycharm/bin/pycharm.sh", "EDITOR": "code"}, "pycharm://open?file=/a%20b/c.py&line=7"),
        ({"VISUAL": "vim", "EDITOR": "codium -w"}, "vscodium://file/a%20b/c.py:7"),
        ({"EDITOR": "vim"}, ""),
        ({"EDITOR": "'"}, ""),
        ({}, ""),
    ],
)
def test_the_editor_is_guessed_where_it_has_a_scheme(environ: dict[str, str], link: str) -> None:
    assert editor_link(url_template("", environ), "/a b/c.py", 7) == link


def test_a_template_is_taken_as_it_is() -> None:
    template = url_template("my-editor://go?f={path}&l={line}", {"EDITOR": "code"})
    assert editor_link(template, "/x&y.py", 3) == "my-editor://go?f=/x%26y.py&l=3"


@pytest.mark.parametrize("named", ["vi", "javascript:alert({path})", "https://example.com/", "{path}"])
def test_what_is_no_editor_is_said(named: str) -> None:
    with pytest.raises(UsageError, match="no editor"):
        url_template(named, {})


def test_what_is_no_file_has_no_link() -> None:
    assert editor_link("vscode://file{path}:{line}", "", 1) == ""
