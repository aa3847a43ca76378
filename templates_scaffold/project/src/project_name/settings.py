"""The settings: read from the environment and `.env` once, then only passed on."""

from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

# % if secret or worker or oauth
from .oauth.providers import NO_SECRET, ClientSecret  # % if oauth
from .rooms.brokers import NO_BROKER, BrokerUrl  # % if broker
from .secret import PLACEHOLDER, Secret  # % if secret
from .work.webhook import WebhookUrl  # % if worker

# % endif
# Beside pyproject.toml: the working directory may be any other.
ENV_FILE = Path(__file__).resolve().parents[2] / ".env"
# % if db == sqlite
DATABASE = f"sqlite+aiosqlite:///{ENV_FILE.parent / 'project_name.sqlite3'}"
# % elif db == postgres
# %| DATABASE = "postgresql+asyncpg://localhost/project_name"
# % elif db == mysql
# %| DATABASE = "mysql+aiomysql://localhost/project_name?charset=utf8mb4"
# % elif db == mongo
# %| DATABASE = "mongodb://localhost/project_name"
# % endif


class SettingsError(ValueError):
    """A setting cannot be what it is."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    debug: bool = False
    log_format: str = Field(default="text", pattern="^(text|json)$")  # % if not bare
    metrics_token: Secret = PLACEHOLDER  # % if metrics
    webhook_url: WebhookUrl = None  # % if worker
    broker_url: BrokerUrl = NO_BROKER  # % if broker
    database_url: str = Field(default=DATABASE, repr=False)  # % if db
    # % if sessions == redis
    # %| redis_url: str = Field(default="redis://127.0.0.1:6379/0", repr=False)
    # % endif
    uploads: Path = ENV_FILE.parent / "uploads"  # % if pages
    cookie_secret: Secret = PLACEHOLDER  # % if cookies
    # % if oauth
    github_client_id: str = ""
    github_client_secret: ClientSecret = NO_SECRET
    google_client_id: str = ""
    google_client_secret: ClientSecret = NO_SECRET
    # % endif

    @classmethod
    def from_environment(cls) -> Self:
        """Read them, or say in one line for each what cannot be."""
        try:
            return cls()
        except ValidationError as error:
            faults = [f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
            raise SettingsError("\n".join(faults)) from None
