"""The settings of `tcli run`."""

from typing import Literal

from tornado_cli.config.options import option
from tornado_cli.config.serving import ServingConfig


class RunConfig(ServingConfig, kw_only=True):
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
