"""Which listeners generations still have a claim to, and the end of the others."""

from collections.abc import Mapping

from tornado_cli.run.boot import LET_GO
from tornado_cli.run.crew import Crew
from tornado_cli.run.fleet import Fleet, Phase
from tornado_cli.system.open_addresses import Listener, OpenAddresses


class Claims:
    """Compares what is open with what the fleet is about to do."""

    def __init__(self, addresses: OpenAddresses, fleet: Fleet, crews: Mapping[int, Crew]) -> None:
        self._addresses = addresses
        self._fleet = fleet
        self._crews = crews

    def dropped_by(self, generation: int) -> list[int]:
        """Return the descriptors of a generation's listeners that no other takes over."""
        claimed = self._claimed()
        return [one.descriptor for one in self._crews[generation].listeners if one not in claimed]

    def close_the_rest(self) -> None:
        """Let go of addresses that a reload has dropped, or that were opened for one that failed."""
        dropped = set(self._addresses.keep_only(self._claimed()))
        for crew in self._crews.values():
            if not dropped.isdisjoint(crew.listeners):
                crew.leader.send(LET_GO)

    def _claimed(self) -> set[Listener]:
        staying = [one.number for one in self._fleet.generations.values() if one.phase is not Phase.LEAVING]
        claimed = {one for number in staying if number in self._crews for one in self._crews[number].listeners}
        is_start_pending = self._fleet.reload_again or any(number not in self._crews for number in staying)
        return claimed.union(self._addresses.latest) if is_start_pending else claimed
