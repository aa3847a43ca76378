"""From the options of `tcli run` to the limits of requests, connections and WebSockets in a worker."""

import resource

from tornado_cli.config.run import RunConfig
from tornado_cli.http.limits.request_limits import RequestLimits

_KIB, _MIB = 1024, 1024 * 1024
_SHARE = 0.8
"""Of the descriptors that a worker may have: the rest is for files, databases and what is just closing."""


def request_limits(config: RunConfig) -> RequestLimits:
    """Return the limits that a worker holds requests to."""
    return RequestLimits(
        header_size=config.max_header_size * _KIB,
        header_fields=config.max_header_fields,
        uri_size=config.max_uri_size * _KIB,
        body_size=int(config.max_body_size * _MIB),
        header_timeout=config.header_timeout,
        keep_alive=config.keep_alive,
        body_timeout=config.body_timeout,
        client_connections=config.max_client_connections,
    )


def most_connections(config: RunConfig) -> int:
    """Return how many connections this process may hold; 0 is any number."""
    if config.max_connections:
        return config.max_connections
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 0 if descriptors == resource.RLIM_INFINITY else max(1, int(descriptors * _SHARE))


def websocket_settings(config: RunConfig) -> dict[str, float]:
    """Return the settings of an application that options set; those that were not given stay the application's."""
    settings: dict[str, float] = {}
    if config.ws_max_message_size:
        settings["websocket_max_message_size"] = int(config.ws_max_message_size * _MIB)
    if "ws_ping_interval" in config.given:
        settings["websocket_ping_interval"] = config.ws_ping_interval
    if "ws_ping_timeout" in config.given:
        settings["websocket_ping_timeout"] = config.ws_ping_timeout
    return settings
