"""The settings of each command that serves."""

import dataclasses
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from tornado_cli.config.options import option


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingConfig:
    """What `serve` and `run` have in common."""

    app: str = ""
    arguments: tuple[str, ...] = ()
    """What stands behind `--`: the arguments of a script."""
    given: Mapping[str, str] = field(default_factory=dict)
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
        return {**dataclasses.asdict(self), "given": dict(self.given)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the config that `to_dict` was called on."""
        tuples = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **tuples})


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeConfig(ServingConfig):
    """Settings of `tcli serve`: resolved once, then only read."""

    env_file: str = option(
        "--env-file",
        default=".env",
        metavar="FILE",
        help="Variables for the application, besides the environment's; '' for none.",
    )
    debug: bool = option(
        "--debug", default=False, help="Show tracebacks in the browser, and at /__tcli__/ the requests of this run."
    )
    debug_remote: bool = option(
        "--debug-remote", default=False, help="Let other machines use what else only this one may: source, live reload."
    )
    livereload: bool = option(
        "--livereload/--no-livereload", default=True, help="Have open pages follow the files of the project."
    )
    forward_console: bool = option(
        "--forward-console", default=False, help="Show errors of the browser's console in the terminal."
    )
    show_locals: bool = option(
        "--show-locals", default=False, help="With --debug, show the values of variables beside the source."
    )
    editor: str = option(
        "--editor",
        default="",
        metavar="NAME",
        help="Editor that links in error pages open: vscode, pycharm, ... or a URL with {path} and {line}.",
    )
    open: bool = option("--open", default=False, help="Open a browser when the application is ready.")
    strict_port: bool = option("--strict-port", default=False, help="Fail when the port is taken, take no other.")
    warm: bool = option(
        "--warm/--no-warm",
        default=sys.platform != "darwin",
        help="Import what the application uses of others ahead; else each start is a fresh interpreter.",
    )
    reload_grace: float = option(
        "--reload-grace",
        default=1.0,
        metavar="SECONDS",
        minimum=0,
        help="Seconds the old process has to finish its requests.",
    )
    watch: tuple[str, ...] = option(
        "--watch", default=(), metavar="PATH", help="A file, or a folder with all in it, to watch as well; repeatable."
    )
    ignore: tuple[str, ...] = option(
        "--ignore", default=(), metavar="GLOB", help="What is not to be watched, as in .gitignore; repeatable."
    )
    poll: bool = option("--poll", default=False, help="Look for changes again and again, ask no system to tell.")
    poll_interval: float = option(
        "--poll-interval", default=0.5, metavar="SECONDS", minimum=0.05, help="Seconds between two looks."
    )
    blocked_after: float = option(
        "--blocked-after",
        default=0.1,
        metavar="SECONDS",
        minimum=0,
        help="Tell what holds the event loop for longer; 0 never.",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class RunConfig(ServingConfig):
    """Settings of `tcli run`: resolved once, then only read."""

    bind: tuple[str, ...] = option(
        "--bind",
        default=(),
        metavar="ADDRESS",
        help="Where to listen, instead of --host and --port: host:port, [v6]:port, unix:/path, fd:N; repeatable.",
    )
    workers: int = option(
        "-w",
        "--workers",
        default=1,
        metavar="N",
        minimum=0,
        maximum=1024,
        envvar=("WEB_CONCURRENCY",),
        help="Processes that serve; 0 is one for each CPU that may be used.",
    )
    graceful_timeout: float = option(
        "--graceful-timeout",
        default=25.0,
        metavar="SECONDS",
        minimum=0,
        help="Seconds a worker has to finish its requests.",
    )
    drain_delay: float = option(
        "--drain-delay",
        default=0.0,
        metavar="SECONDS",
        minimum=0,
        help="Seconds to serve on at a final stop, for a load balancer to notice.",
    )
    keep_alive_linger: float = option(
        "--keep-alive-linger",
        default=2.0,
        metavar="SECONDS",
        minimum=0,
        help="Seconds in which an idle connection may bring a last request when a worker leaves.",
    )
    ws_close_spread: float = option(
        "--ws-close-spread",
        default=1.0,
        metavar="SECONDS",
        minimum=0,
        help="Seconds over which a leaving worker closes its WebSockets.",
    )
    boot_timeout: float = option(
        "--boot-timeout", default=60.0, metavar="SECONDS", minimum=0.1, help="Seconds a worker has to start."
    )
    hang_timeout: float = option(
        "--hang-timeout",
        default=30.0,
        metavar="SECONDS",
        minimum=0,
        help="Seconds without a beat of its loop after which a worker is killed; 0 never.",
    )
    blocked_after: float = option(
        "--blocked-after",
        default=0.0,
        metavar="SECONDS",
        minimum=0,
        help="Tell what holds a worker's event loop for longer; 0 never.",
    )
    ready_path: str = option(
        "--ready-path", default="", metavar="PATH", help="A worker is ready when this path answers 2xx."
    )
    reload_step: int = option(
        "--reload-step",
        default=0,
        metavar="N",
        minimum=0,
        help="Workers that a reload replaces at a time; 0 is all. Not given, it is 1 where memory is short.",
    )
    crash_budget: str = option(
        "--crash-budget",
        default="",
        metavar="N/SECONDS",
        help="Give up when more than N workers die within so many seconds.",
    )
    max_requests: int = option(
        "--max-requests", default=0, metavar="N", minimum=0, help="Replace a worker after about N requests; 0 never."
    )
    max_rss: int = option(
        "--max-rss", default=0, metavar="MIB", minimum=0, help="Replace a worker that uses more memory; 0 never."
    )
    max_lifetime: float = option(
        "--max-lifetime",
        default=0.0,
        metavar="SECONDS",
        minimum=0,
        help="Replace a worker after about so long; 0 never.",
    )
    preload: bool = option(
        "--preload", default=False, help="Load the application once, before forking: workers share its memory."
    )
    trusted_proxies: tuple[str, ...] = option(
        "--trusted-proxies",
        default=(),
        metavar="ADDRESS",
        help="Believe what this proxy says of its clients: an address, a network, or unix; repeatable.",
    )
    proxy_protocol: bool = option(
        "--proxy-protocol",
        default=False,
        help="Expect a PROXY header, version 1 or 2, before anything else; only trusted proxies may connect.",
    )
    loop: str = option("--loop", default="asyncio", choices=("asyncio", "uvloop"), help="Event loop of the workers.")
    cert_dir: str = option(
        "--cert-dir", default="", metavar="DIR", help="Folder of certificates, chosen by server name; turns TLS on."
    )
    tls_min: Literal["1.2", "1.3"] = option(
        "--tls-min", default="1.2", choices=("1.2", "1.3"), help="Oldest version of TLS that is spoken."
    )
    ciphers: str = option(
        "--ciphers", default="", metavar="LIST", help="Suites of TLS 1.2, as OpenSSL has them; default: Mozilla's."
    )
    client_cert: Literal["none", "optional", "required"] = option(
        "--client-cert",
        default="none",
        choices=("none", "optional", "required"),
        help="Whether clients have to show a certificate.",
    )
    ca_file: str = option("--ca-file", default="", metavar="FILE", help="Who vouches for certificates of clients, PEM.")
    redirect_http: str = option(
        "--redirect-http", default="", metavar="ADDRESS", help="Listen for plain HTTP here, and send it on to HTTPS."
    )
    acme_webroot: str = option(
        "--acme-webroot", default="", metavar="DIR", help="Answer ACME challenges out of this webroot."
    )
    hsts: int = option(
        "--hsts",
        default=0,
        metavar="[SECONDS]",
        minimum=0,
        bare=63_072_000,
        help="Tell browsers to use nothing but HTTPS for so long; --hsts alone is two years.",
    )
    max_header_size: int = option(
        "--max-header-size", default=32, metavar="KIB", minimum=1, help="Largest header block of a request."
    )
    max_header_fields: int = option(
        "--max-header-fields",
        default=100,
        metavar="N",
        minimum=0,
        help="Most header fields of a request; 0 any number.",
    )
    max_uri_size: int = option(
        "--max-uri-size", default=8, metavar="KIB", minimum=0, help="Longest target of a request; 0 any length."
    )
    max_body_size: float = option(
        "--max-body-size",
        default=10.0,
        metavar="MIB",
        minimum=0,
        help="Largest body that is kept in memory for a handler; 0 is Tornado's own limit.",
    )
    header_timeout: float = option(
        "--header-timeout",
        default=20.0,
        metavar="SECONDS",
        minimum=0,
        help="Seconds in which a new connection has to bring its first request; 0 any time.",
    )
    keep_alive: float = option(
        "--keep-alive",
        default=75.0,
        metavar="SECONDS",
        minimum=0,
        help="Seconds in which a connection has to bring its next request; 0 any time.",
    )
    body_timeout: float = option(
        "--body-timeout",
        default=60.0,
        metavar="SECONDS",
        minimum=0,
        help="Seconds in which a body, of a request or an answer, has to move on; 0 any time.",
    )
    max_connections: int = option(
        "--max-connections",
        default=0,
        metavar="N",
        minimum=0,
        help="Most connections of a worker; 0 is 80 % of the descriptors that it may have.",
    )
    max_client_connections: int = option(
        "--max-client-connections",
        default=0,
        metavar="N",
        minimum=0,
        help="Most connections of one client to a worker; 0 any number.",
    )
    ws_max_message_size: float = option(
        "--ws-max-message-size",
        default=0.0,
        metavar="MIB",
        minimum=0,
        help="Largest message of a WebSocket; 0 is what the application or Tornado says.",
    )
    ws_ping_interval: float = option(
        "--ws-ping-interval",
        default=0.0,
        metavar="SECONDS",
        minimum=0,
        help="Seconds between pings of a WebSocket, 0 none; not given, what the application says.",
    )
    ws_ping_timeout: float = option(
        "--ws-ping-timeout",
        default=0.0,
        metavar="SECONDS",
        minimum=0,
        help="Seconds to wait for a pong; not given, what the application says, or the interval.",
    )

    @property
    def speaks_tls(self) -> bool:
        """Whether there is, or is to be, a certificate."""
        return bool(self.ssl or self.certfile or self.cert_dir)
