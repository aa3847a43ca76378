"""Every worker that serves, or is about to, gets what is served now: at once, and again where that did not arrive."""

from collections.abc import Mapping

from tornado_cli.events import NewCertificates
from tornado_cli.run.certificates.keeper import Certificates
from tornado_cli.run.crew import Crew
from tornado_cli.run.fleet import Fleet, SlotState

_LOADED = frozenset({SlotState.STARTING, SlotState.READY, SlotState.DRAINING})
"""A worker that waits gets its certificates when it is activated."""


class HandingOut:
    """Knows which worker has which version."""

    def __init__(self, certificates: Certificates, fleet: Fleet, crews: Mapping[int, Crew]) -> None:
        self._certificates = certificates
        self._fleet = fleet
        self._crews = crews
        self._given: dict[tuple[int, int], tuple[int, int]] = {}
        """Pid and version, by generation and slot."""

    @property
    def next_look(self) -> float:
        """When `look` is due, by the monotonic clock."""
        return self._certificates.next_look

    def with_activation(self, generation: int, slot: int, pid: int) -> int:
        """Return the descriptor that a worker gets with its activation: it has the current version then."""
        self._given[generation, slot] = (pid, self._certificates.version)
        return self._certificates.descriptor

    def look(self, *, urgent: bool = False) -> None:
        """Look at the files, and hand out what is new."""
        self._certificates.look(urgent=urgent)
        before, self._given = self._given, {}
        version = self._certificates.version
        for generation, number, slot in self._fleet.all_slots():
            if slot.state in _LOADED:
                place, wanted = (generation.number, number), (slot.pid, version)
                is_given = before.get(place) == wanted or self._give(*place, slot.pid)
                self._given[place] = wanted if is_given else (slot.pid, -1)

    def _give(self, generation: int, slot: int, pid: int) -> bool:
        return self._crews[generation].order(slot, NewCertificates(pid=pid), [self._certificates.descriptor])
