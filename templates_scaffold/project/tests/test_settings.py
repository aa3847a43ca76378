"""The settings."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError  # % if cookies

from project_name.settings import Settings, SettingsError


@pytest.fixture(autouse=True)
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Read this file, not the project's own."""
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("COOKIE_SECRET", "a secret of these tests, and only of them")  # % if cookies
    monkeypatch.setenv("METRICS_TOKEN", "a token of these tests, and only of them")  # % if metrics
    return tmp_path / ".env"


def test_the_environment_says_where_to_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "::1")
    monkeypatch.setenv("PORT", "9000")
    found = Settings.from_environment()
    assert (found.host, found.port) == ("::1", 9000)


@pytest.mark.parametrize(("value", "debug"), [("1", True), ("true", True), ("0", False)])
def test_debug_is_off_unless_the_environment_says_so(
    monkeypatch: pytest.MonkeyPatch, value: str, debug: bool
) -> None:
    monkeypatch.setenv("DEBUG", value)
    assert Settings.from_environment().debug is debug


def test_a_file_gives_what_the_environment_does_not(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    file.write_text("# comment\nHOST = '::1'\nPORT = 9001\n", encoding="utf-8")
    monkeypatch.setenv("HOST", "::2")
    found = Settings.from_environment()
    assert (found.host, found.port) == ("::2", 9001)


# % if cookies
@pytest.mark.parametrize("secret", ["", "change-me", "too short"])
def test_only_debug_mode_does_without_a_secret(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("COOKIE_SECRET", secret)
    assert Settings(debug=True).debug
    with pytest.raises(SettingsError, match="COOKIE_SECRET: this has to be a real secret"):
        Settings.from_environment()


def test_no_message_tells_a_secret() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(cookie_secret=SecretStr("tell-nobody"))
    assert "tell-nobody" not in str(caught.value)
    assert "a secret of" not in repr(Settings())


# % endif
# % if broker
@pytest.mark.parametrize("url", ["redis", "http://127.0.0.1", "//"])
def test_a_broker_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("BROKER_URL", url)
    with pytest.raises(SettingsError, match=r"BROKER_URL: .* begin with one of"):
        Settings.from_environment()


# % endif
@pytest.mark.parametrize("port", ["http", "70000", "-1"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(SettingsError, match="PORT: Input should be"):
        Settings.from_environment()
