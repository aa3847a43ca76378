"""Real servers that carry messages: on places that are free, and gone when their block ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.ports import free_ports
from support.programs import end, started

# Debian's own `rabbitmq-server` changes to another user first.
_RABBITMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server"
_RABBITMQ_CONF = "listeners.tcp.default = 127.0.0.1:{port}\nlog.console = true\nlog.console.level = error\n"


class RedisServer:
    """Keeps nothing; can be killed and started again at the same place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "redis.sock"
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        command = ["redis-server", "--port", "0", "--unixsocket", str(self._socket), "--save", ""]
        self._process = started(command, {}, self._folder, until=b"eady to accept connections")

    def kill(self) -> None:
        end(self._process)


@contextmanager
def rabbitmq(folder: Path) -> Iterator[str]:
    """Give the address of a RabbitMQ."""
    port, between_nodes, registry = free_ports(3)
    (folder / "rabbitmq.conf").write_text(_RABBITMQ_CONF.format(port=port))
    environment = {
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(registry),
        "HOME": str(folder),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_DIST_PORT": str(between_nodes),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_MNESIA_BASE": str(folder),
        "RABBITMQ_NODENAME": f"tcli{port}@localhost",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1",
    }
    # In the same session, or RabbitMQ starts one that stays for ever.
    command = ["sh", "-c", f"epmd & exec {_RABBITMQ}"]
    process = started(command, environment, folder, until=b"completed with")
    try:
        yield f"amqp://guest:guest@127.0.0.1:{port}/"
    finally:
        end(process)
