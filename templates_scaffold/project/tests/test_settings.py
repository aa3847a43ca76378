"""The settings."""

# % if pages
from pathlib import Path

# % endif
import pytest

from project_name import settings  # % if pages
from project_name.settings import Settings, SettingsError


# % if pages
@pytest.fixture(autouse=True)
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Read this file, not the project's own."""
    monkeypatch.setenv("COOKIE_SECRET", "of the environment")
    monkeypatch.setattr(settings, "ENV_FILE", tmp_path / ".env")
    return tmp_path / ".env"


# % endif
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


# % if pages
def test_a_file_gives_what_the_environment_does_not(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    file.write_text("# comment\nPORT = 9001\nCOOKIE_SECRET='of the file'\n")
    assert Settings.from_environment().port == 9001
    assert Settings.from_environment().cookie_secret == "of the environment"
    monkeypatch.delenv("COOKIE_SECRET")
    assert Settings.from_environment().cookie_secret == "of the file"


@pytest.mark.parametrize("secret", ["", "change-me"])
def test_only_debug_mode_does_without_a_secret(secret: str) -> None:
    assert Settings(cookie_secret=secret, debug=True).debug
    with pytest.raises(SettingsError, match="COOKIE_SECRET"):
        Settings(cookie_secret=secret)


# % endif
def test_a_port_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "http")
    with pytest.raises(SettingsError, match="PORT has to be a number"):
        Settings.from_environment()
