"""Every worker gets each version of the certificates, and whom it did not reach gets it again."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.certificates import certificate

from tornado_cli.events import Message, NewCertificates
from tornado_cli.run.certificates.handing_out import HandingOut
from tornado_cli.run.certificates.keeper import Certificates
from tornado_cli.run.certificates.sources import Sources
from tornado_cli.run.fleet import Fleet, Generation, Slot, SlotState
from tornado_cli.system.tls import TlsFiles, TlsTerms


@dataclass
class RecordedCrew:
    """Notes which pid has been sent certificates; takes nothing while its channels are full."""

    sent: list[int] = field(default_factory=list)
    is_full: bool = False

    def order(self, _slot: int, message: Message, descriptors: list[int]) -> bool:
        assert isinstance(message, NewCertificates)
        assert len(descriptors) == 1
        if not self.is_full:
            self.sent.append(message.pid)
        return not self.is_full


@dataclass
class Scene:
    fleet: Fleet
    crew: RecordedCrew
    certificates: Certificates
    handing_out: HandingOut

    def sent_after(self, **states: SlotState) -> list[int]:
        """Return the pids that are sent certificates when the workers are in these states."""
        slots = self.fleet.generations[1].slots
        for number, state in enumerate(states.values()):
            slots[number].state = state
        self.crew.sent.clear()
        self.handing_out.look()
        return list(self.crew.sent)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    files = TlsFiles(*certificate("example.com").write_to(tmp_path))
    sources = Sources(files=files, folder=None, password_file=None, authorities=None)
    certificates = Certificates(sources, TlsTerms())
    slots = {0: Slot(SlotState.READY, pid=100), 1: Slot(SlotState.STARTING, pid=101), 2: Slot(pid=102)}
    fleet = Fleet(workers=2, generations={1: Generation(1, slots, wanted=2)})
    crew = RecordedCrew()
    crews: Any = {1: crew}
    yield Scene(fleet, crew, certificates, HandingOut(certificates, fleet, crews))
    os.close(certificates.descriptor)


def test_those_who_have_loaded_the_application_get_it_and_nobody_twice(scene: Scene) -> None:
    assert scene.sent_after() == [100, 101]
    assert scene.sent_after() == []
    scene.certificates.version += 1
    assert scene.sent_after(first=SlotState.DRAINING) == [100, 101]


def test_who_got_it_with_the_activation_is_not_sent_it_again(scene: Scene) -> None:
    for slot, pid in enumerate((100, 101, 102)):
        assert scene.handing_out.with_activation(1, slot, pid) == scene.certificates.descriptor
    states = {"first": SlotState.READY, "second": SlotState.READY, "third": SlotState.STARTING}
    assert scene.sent_after(**states) == []


def test_a_worker_whose_channel_is_full_gets_it_later(scene: Scene) -> None:
    scene.crew.is_full = True
    assert scene.sent_after() == []
    scene.crew.is_full = False
    assert scene.sent_after() == [100, 101]


def test_a_successor_in_the_slot_is_another_worker(scene: Scene) -> None:
    scene.sent_after()
    scene.fleet.generations[1].slots[0].pid = 200
    assert scene.sent_after() == [200]
