"""The settings that each command has that serves."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self

from tornado_cli.config.options import Config, option


class ServingConfig(Config, kw_only=True):
    """What `serve` and `run` have in common."""

    app: str = ""
    arguments: tuple[str, ...] = ()
    """What stands behind `--`: the arguments of a script."""
    given: Mapping[str, str] = MappingProxyType({})
    """Where each setting comes from that is not at its default: a flag, a variable, a file."""

    script: bool = option(
        "--script", default=False, help="Run APP as a script that starts its own loop, whatever it looks like."
    )
    env_file: str = option(
        "--env-file", default="", metavar="FILE", help="Variables for the application, besides the environment's."
    )
    host: str = option("--host", default="127.0.0.1", metavar="HOST", help="Address or name to listen on; * is all.")
    port: int = option(
        "-p",
        "--port",
        default=8000,
        metavar="PORT",
        minimum=0,
        maximum=65535,
        envvar=("PORT",),
        help="Port to listen on; 0 takes a free one.",
    )
    backlog: int = option(
        "--backlog",
        default=2048,
        metavar="N",
        minimum=1,
        maximum=65535,
        help="Connections that may wait to be accepted.",
    )
    allowed_hosts: tuple[str, ...] = option(
        "--allowed-hosts",
        default=(),
        metavar="HOST",
        help="Answer only requests for this host: a name, .name for all below as well, *.name for those, an address, "
        "a network; repeatable.",
    )
    log_format: str = option(
        "--log-format",
        default="auto",
        choices=("auto", "rich", "plain", "json"),
        help="auto is rich on a terminal, plain elsewhere.",
    )
    log_level: tuple[str, ...] = option(
        "--log-level",
        default=(),
        metavar="[LOGGER=]LEVEL",
        help="Lowest level shown, of all or of one logger; repeatable.",
    )
    access_log: bool = option("--access-log/--no-access-log", default=True, help="A line for each request.")
    log_file: str = option("--log-file", default="", metavar="FILE", help="Write the log to this file as well.")
    access_log_file: str = option(
        "--access-log-file", default="", metavar="FILE", help="Write access lines to this file instead."
    )

    ssl: bool = option(
        "--ssl", default=False, help="Serve HTTPS; without a certificate, with one of our own: for development."
    )
    certfile: str = option("--certfile", default="", metavar="FILE", help="Certificate and chain, PEM; turns TLS on.")
    keyfile: str = option(
        "--keyfile", default="", metavar="FILE", help="Private key, PEM; default: in the certificate file."
    )
    keyfile_password_file: str = option(
        "--keyfile-password-file", default="", metavar="FILE", help="File with the password of the private key."
    )

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` takes: plain values that travel as JSON."""
        return {**vars(self), "given": dict(self.given)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the config that `to_dict` was called on."""
        tuples = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **tuples})
