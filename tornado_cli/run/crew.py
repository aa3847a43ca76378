"""What the supervisor holds of one generation: its leader, its channels, its scoreboard."""

import logging
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from tornado_cli.events import Boot, Message
from tornado_cli.run.boot import RunBoot
from tornado_cli.run.events import Observation
from tornado_cli.run.listening import HTTPS_PORT, first_port
from tornado_cli.run.scoreboard import Column, Scoreboard
from tornado_cli.system.channel import Channel, channel_pair
from tornado_cli.system.children import Child, start_interpreter
from tornado_cli.system.memory import proportional_bytes, resident_bytes
from tornado_cli.system.open_addresses import Listener

TakeOutput = Callable[[int, str, int], None]
"""Given a descriptor to empty, the source's name, and the level of what comes out of it."""


@dataclass(slots=True)
class Crew:
    """Started with `start_crew`, given up with `close`."""

    leader: Child
    control: Channel
    channels: list[Channel]
    """The supervisor's ends, one a slot."""
    scoreboard: Scoreboard
    listeners: Sequence[Listener]
    workers: dict[int, Child] = field(default_factory=dict)
    """By slot."""
    early: list[tuple[int, Message, list[int]]] = field(default_factory=list)
    """Reports of a slot's next worker that came before the end of its last one was dealt with."""

    def order(self, slot: int, message: Message, descriptors: Sequence[int] = ()) -> bool:
        """Send an order to a slot's worker, and say whether it went."""
        return self.channels[slot].send(message, descriptors)

    def signal(self, slot: int, number: signal.Signals) -> None:
        """Send a signal to a slot's worker, if there is one."""
        worker = self.workers.get(slot)
        if worker is not None:
            worker.send(number)

    def kill(self) -> None:
        """Kill what is known of it. A worker that has not reported yet finds its channel closed."""
        for child in (self.leader, *self.workers.values()):
            child.send(signal.SIGKILL)

    def slot_of(self, pid: int) -> int | None:
        return next((slot for slot, worker in self.workers.items() if worker.pid == pid), None)

    def forget_worker(self, slot: int, pid: int) -> None:
        worker = self.workers.get(slot)
        if worker is not None and worker.pid == pid:
            self.workers.pop(slot).close()

    def observe(self, slot: int, *, with_memory: bool) -> Observation:
        """Look at a worker that is ready."""
        get = self.scoreboard.get
        worker = self.workers.get(slot)
        return Observation(
            beat=get(slot, Column.HEARTBEAT),
            requests=get(slot, Column.REQUESTS) - get(slot, Column.LAST_REQUESTS),
            rss=resident_bytes(worker.pid) if with_memory and worker is not None else 0,
        )

    def proportional_bytes(self) -> int:
        """Return the memory that its processes use together: what they share is counted once."""
        return sum(proportional_bytes(child.pid) for child in (self.leader, *self.workers.values()))

    def close(self) -> None:
        for channel in (self.control, *self.channels):
            channel.close()
        for child in (self.leader, *self.workers.values()):
            child.close()
        self.scoreboard.close()


def start_crew(
    boot: RunBoot, listeners: Sequence[Listener], number: int, slots: int, directory: str, take_output: TakeOutput
) -> Crew:
    """Start a generation's leader in a session of its own; its output goes into pipes that `take_output` empties.

    It enters `directory` by its path: a link that has been swapped leads to the new release. Raises OSError when the
    system refuses a process or a descriptor, or the directory is gone.
    """
    with ExitStack() as undo:
        pairs = [_closed_by(undo, channel_pair()) for _ in range(slots)]
        scoreboard = Scoreboard.create(slots)
        undo.callback(scoreboard.close)
        ours, theirs = _closed_by(undo, channel_pair())
        channels = tuple(end.fileno() for _, end in pairs)
        boot = replace(
            boot,
            generation=number,
            channels=channels,
            listeners=tuple(listener.descriptor for listener in listeners),
            redirects=tuple(listener.descriptor for listener in listeners if listener.redirects),
            https_port=first_port(listeners) or HTTPS_PORT,
            scoreboard=scoreboard.descriptor,
        )
        outputs = [(_pipe(undo), logging.INFO), (_pipe(undo), logging.WARNING)]
        leader = start_interpreter(
            "tornado_cli.run.leader",
            [str(theirs.fileno())],
            descriptors=[theirs.fileno(), *boot.descriptors],
            environ=boot.environ,
            directory=directory,
            new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=outputs[0][0][1],
            stderr=outputs[1][0][1],
        )
        undo.pop_all()
    for (reader, writer), level in outputs:
        os.close(writer)
        take_output(reader, "app", level)
    ours.send(Boot(settings=boot.to_dict()))
    theirs.close()
    for _, end in pairs:
        end.close()
    return Crew(leader, ours, [end for end, _ in pairs], scoreboard, listeners)


def _closed_by(undo: ExitStack, pair: tuple[Channel, Channel]) -> tuple[Channel, Channel]:
    for end in pair:
        undo.callback(end.close)
    return pair


def _pipe(undo: ExitStack) -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        undo.callback(os.close, end)
    return ends
