"""Which forkserver a start is forked from, and which are worth having: decided on plain values.

A start from further on in the import is faster. Where there is any doubt whether it would see what a start from the
beginning sees, it is forked from further back.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from tornado_cli.serve.forkservers.learning import Learned, ProjectModule

CHECKPOINTS = 3
"""At most so many: each is a process, with what it has written of its memory."""
WORTH = 0.03
"""Seconds of import that a checkpoint must save."""


@dataclass(slots=True)
class Stage:
    """A forkserver as the policy knows it."""

    parent: int | None = None
    """None for a fresh interpreter."""
    modules: frozenset[str] = frozenset()
    """Third-party modules that it has imported beyond the framework."""
    before: str = ""
    """The project module at which it stands; none of the project is imported in one without."""
    imported: frozenset[str] = frozenset()
    """Project files that were executed before it stood there."""
    is_ready: bool = False
    is_retired: bool = False

    @property
    def title(self) -> str:
        """For people: where starts go on that are forked from it."""
        if self.before:
            return f"before {self.before}"
        return "fresh" if self.parent is None else "warm"

    @property
    def is_usable(self) -> bool:
        return self.is_ready and not self.is_retired


@dataclass(slots=True)
class Stages:
    """All forkservers; the policy gives them their numbers."""

    by_number: dict[int, Stage] = field(default_factory=dict)
    count: int = 0
    learned: Learned | None = None
    """What the last good start has shown."""
    cold: set[str] = field(default_factory=set)
    """Modules that no process can be forked with."""
    edited: list[str] = field(default_factory=list)
    """Project files that were saved lately, the last one first."""
    failures: int = 0
    """Forkservers that could not stand where they should, or died, since the last fresh interpreter."""

    def add(self, stage: Stage) -> int:
        self.count += 1
        self.by_number[self.count] = stage
        return self.count

    def fresh(self) -> int:
        """Return the newest fresh interpreter."""
        return max(number for number, stage in self.by_number.items() if stage.parent is None)

    def warm(self) -> int | None:
        """Return the one that holds the third-party modules, the most of them."""
        return max((n for n in self.warms() if self.by_number[n].is_usable), default=None)

    def warm_or_fresh(self) -> int:
        warm = self.warm()
        return self.fresh() if warm is None else warm

    def warms(self) -> list[int]:
        """Return those that hold third-party modules and nothing of the project."""
        return [n for n, s in self.by_number.items() if s.parent is not None and not s.before and not s.is_retired]

    def checkpoints(self) -> list[int]:
        """Return those that stand inside the project's import, each forked from the one before."""
        return [n for n, s in sorted(self.by_number.items()) if s.before and not s.is_retired]

    def is_building(self) -> bool:
        return any(not stage.is_ready and not stage.is_retired for stage in self.by_number.values())

    def descendants(self, number: int) -> list[int]:
        """Return the forkservers forked from this one, and from those."""
        children = [n for n, s in self.by_number.items() if s.parent == number]
        return [one for child in children for one in (child, *self.descendants(child))]


def note_edits(stages: Stages, files: Iterable[str]) -> None:
    """Remember what is being worked on."""
    for file in files:
        if file in stages.edited:
            stages.edited.remove(file)
        stages.edited.insert(0, file)
    del stages.edited[2 * CHECKPOINTS :]


def outdated(stages: Stages, files: Sequence[str]) -> list[int]:
    """Return the checkpoints that cannot be forked from any more when these files have changed."""
    learned = stages.learned
    known = {module.file for module in learned.project} if learned else set()
    is_certain = bool(files) and known.issuperset(files)
    found = [n for n in stages.checkpoints() if not is_certain or stages.by_number[n].imported & set(files)]
    return sorted({one for number in found for one in (number, *stages.descendants(number))})


def expected_stage(stages: Stages) -> int:
    """Return the forkserver from which the next start will be, most likely: people work at one place for a while."""
    files = stages.edited[:1]
    gone = set(outdated(stages, files))
    usable = [n for n in stages.checkpoints() if n not in gone and stages.by_number[n].is_ready]
    return usable[-1] if files and usable else stages.warm_or_fresh()


def stage_for(stages: Stages, files: Sequence[str]) -> int:
    """Return the forkserver for a start after these files have changed; to be asked when the outdated are retired.

    Without files nobody knows what has changed: then it is a fresh one. As long as nothing is learned, a warm one holds
    what was foreseen, and whoever reports changes has seen that it still is.
    """
    if not files or (stages.learned is not None and stages.learned.changing.intersection(files)):
        return stages.fresh()
    usable = [number for number in stages.checkpoints() if stages.by_number[number].is_ready]
    if usable and _parents_stand(stages, usable[-1]):
        return usable[-1]
    return stages.warm_or_fresh()


def _parents_stand(stages: Stages, number: int) -> bool:
    parent = stages.by_number[number].parent
    return parent is None or (parent in stages.by_number and _parents_stand(stages, parent))


def modules_to_warm(stages: Stages) -> tuple[str, ...]:
    """Return the third-party modules that a forkserver can hold for all, in the order of their import."""
    if stages.learned is None:
        return ()
    cold = stages.cold | stages.learned.cold
    return tuple(name for name in stages.learned.third_party if name not in cold)


def warm_parent(stages: Stages) -> int:
    """Return the forkserver to fork another warm one from.

    What the warm one imported comes first for its processes, too: one that goes on from there has the order that they
    have shown to be good. But each that is left behind is a process: only once.
    """
    warm = stages.warm()
    if warm is None or stages.by_number[warm].parent != stages.fresh() or holds_cold(stages, warm):
        return stages.fresh()
    return warm


def holds_cold(stages: Stages, number: int) -> bool:
    """Say whether a forkserver has imported what should be left to each process."""
    cold = stages.cold | (stages.learned.cold if stages.learned else frozenset())
    return bool(stages.by_number[number].modules & cold)


def wants_warm(stages: Stages) -> bool:
    """Say whether another warm forkserver would be better than the one there is."""
    wanted = modules_to_warm(stages)
    warm = stages.warm()
    if warm is None:
        return bool(wanted)
    return holds_cold(stages, warm) or not stages.by_number[warm].modules.issuperset(wanted)


def next_checkpoint(stages: Stages) -> tuple[int, Stage] | None:
    """Return the parent of the checkpoint to make next, and what it will be; None when there is none to make."""
    learned = stages.learned
    if learned is None:
        return None
    standing = stages.checkpoints()
    parent = standing[-1] if standing else stages.warm_or_fresh()
    at = _index_of(learned.project, stages.by_number[parent].before) if standing else -1
    index = next((one for one in _wanted(learned.project, stages.edited) if one > at), None)
    if index is None or len(standing) >= CHECKPOINTS:
        return None
    since = learned.project[at].seconds if at >= 0 else 0.0
    if learned.project[index].seconds - since < WORTH:
        return None
    imported = frozenset(module.file for module in learned.project[:index])
    stage = Stage(
        parent, modules=stages.by_number[parent].modules, before=learned.project[index].name, imported=imported
    )
    return parent, stage


def _wanted(project: Sequence[ProjectModule], edited: Collection[str]) -> list[int]:
    """Return the indexes of modules to stand before, rising: where somebody works, each worth its while."""
    latest = list(edited)[:CHECKPOINTS]
    return [index for index, module in enumerate(project) if module.file in latest and index]


def _index_of(project: Sequence[ProjectModule], name: str) -> int:
    return next((index for index, module in enumerate(project) if module.name == name), len(project))
