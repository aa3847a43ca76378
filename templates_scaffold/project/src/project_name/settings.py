"""The settings: read from the environment once, then only passed on."""

import os
from dataclasses import dataclass
from pathlib import Path  # % if pages
from typing import Self


class SettingsError(ValueError):
    """A setting cannot be what it is."""


# % if pages
# Beside pyproject.toml: the working directory may be any other.
ENV_FILE = Path(__file__).resolve().parents[2] / ".env"


def env_file(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file; a file that is not there has none."""
    if not path.is_file():
        return {}
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name.strip(): value.strip().strip("'\"") for name, _, value in pairs}


# % endif
@dataclass(frozen=True, kw_only=True)
class Settings:
    host: str = "127.0.0.1"
    port: int = 8000
    debug: bool = False
    cookie_secret: str = ""  # % if pages

    # % if pages
    def __post_init__(self) -> None:
        if self.cookie_secret in ("", "change-me") and not self.debug:
            raise SettingsError("COOKIE_SECRET has to be a real secret (.env.example says how).")

    # % endif
    @classmethod
    def from_environment(cls) -> Self:
        # % if pages
        values = {**env_file(ENV_FILE), **os.environ}
        # % else
        # %| values = os.environ
        # % endif
        try:
            port = int(values.get("PORT", cls.port))
        except ValueError:
            raise SettingsError(f"PORT has to be a number, not {values['PORT']!r}.") from None
        return cls(
            host=values.get("HOST", cls.host),
            port=port,
            debug=values.get("DEBUG", "").lower() in ("1", "true", "yes", "on"),
            cookie_secret=values.get("COOKIE_SECRET", cls.cookie_secret),  # % if pages
        )
