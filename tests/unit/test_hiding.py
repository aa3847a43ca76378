"""What an error page hides: values by their names, and wherever they turn up again."""

import pytest

from tornado_cli.serve.browser_tools.hiding import Hider

HIDER = Hider(
    {"DB_PASSWORD": "pgpassword1", "SHELL": "harmless", "API_KEY": "1"}, {"Cookie": "sid=s3ss10n; theme=dark"}
)
SYSTEM = {"PWD": "/home/ada/shop", "XDG_SESSION_TYPE": "wayland", "SSH_AUTH_SOCK": "/run/agent"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password=hunter2 is wrong", "password=*** is wrong"),
        ('{"token": "x y", "a": 1}', '{"token": ***, "a": 1}'),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("cannot reach postgres://me:pw@db/shop", "cannot reach postgres://me:***@db/shop"),
        ("known: pgpassword1, s3ss10n, harmless", "known: ***, ***, harmless"),
        ("KeyError: 'price'", "KeyError: 'price'"),
        ("1 of 2 orders", "1 of 2 orders"),
        ("by its author: Ada", "by its author: Ada"),
    ],
)
def test_a_message_is_shown_without_secrets(text: str, shown: str) -> None:
    assert HIDER.text(text) == shown


def test_folders_and_kinds_of_a_session_are_no_secrets() -> None:
    text = " ".join(SYSTEM.values())
    assert Hider(SYSTEM).text(text) == text


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('PASSWORD = "hunter2"', 'PASSWORD = "***"'),
        ("SECRET: str = 'hunter2'", "SECRET: str = '***'"),
        ('connect(user="me", password="hunter2", port=1)', 'connect(user="me", password="***", port=1)'),
        ("settings['api_key'] = 'hunter2'", "settings['api_key'] = '***'"),
        ('getenv("SECRET_KEY", "hunter2")', 'getenv("SECRET_KEY", "***")'),
        ('token = """hunter2"""', 'token = """***"""'),
        ('raise E(f"password={given} password=hunter2 no")', 'raise E(f"password={given} password=*** no")'),
        ('token = self.get_argument("name")', 'token = self.get_argument("name")'),
        ("sorted(rows, key=lambda row: row.price)", "sorted(rows, key=lambda row: row.price)"),
    ],
)
def test_code_is_shown_without_the_secrets_that_stand_in_it(line: str, shown: str) -> None:
    assert HIDER.source(line) == shown


@pytest.mark.parametrize("name", ["password", "api_key", "Authorization", "COOKIE", "accessToken", "client_secret"])
def test_a_value_with_such_a_name_is_not_shown(name: str) -> None:
    assert HIDER.value(name, "anything") == "***"
    assert HIDER.value("price", "12") == "12"
