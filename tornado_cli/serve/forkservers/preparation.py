"""What the dev server does ahead of the next start: decided here on plain values."""

from collections.abc import Iterable

from tornado_cli.serve import events
from tornado_cli.serve.actions import Action, EndStage, Fork, ForkStage, Kill, TellPrepared
from tornado_cli.serve.events import Event, PageAnswered, StageFailed, StageReady
from tornado_cli.serve.fleet import SPARES, Fleet, Phase, Process, Role
from tornado_cli.serve.forkservers.learning import Learned
from tornado_cli.serve.forkservers.stages import (
    Stage,
    expected_stage,
    modules_to_warm,
    next_checkpoint,
    wants_warm,
    warm_parent,
)

_STAGE_FAILURES = 10
"""After so many in one interpreter's life starts are left as they are: each costs the import of everything."""


def fork(fleet: Fleet, role: Role, stage: int) -> Fork:
    fleet.numbers += 1
    fleet.processes[fleet.numbers] = Process(role, fleet.attempt, stage)
    return Fork(fleet.numbers, stage, is_thrifty=role is Role.SPARE_PAGE)


def prepare(fleet: Fleet, event: Event) -> list[Action]:
    """Do while idle what makes the next start faster."""
    if not fleet.is_warm or fleet.phase not in {Phase.SERVING, Phase.BROKEN}:
        return []
    match event:
        case PageAnswered() if fleet.phase is Phase.BROKEN:
            return _prepare_spares(fleet)
        case events.Learned() | StageReady() | StageFailed():
            # An application tells what it has learned when its first answers have gone.
            return [*_prepare_spares(fleet), *_prepare_stage(fleet)]
    return []


def _prepare_spares(fleet: Fleet) -> list[Action]:
    """Have a process wait for the next start, and one for the page that is shown should it fail."""
    stages = fleet.stages
    wanted = {Role.APP: expected_stage(stages), Role.PAGE: stages.fresh()}
    return [action for role, best in wanted.items() for action in _prepare_spare(fleet, role, best)]


def _prepare_spare(fleet: Fleet, role: Role, best: int) -> list[Action]:
    spare = fleet.spare(role)
    if spare is not None and fleet.processes[spare].stage == best:
        return []
    old: list[Action] = [] if spare is None else [Kill(spare)]
    if spare is not None:
        fleet.processes[spare].role = Role.GIVEN_UP
    return [*old, fork(fleet, SPARES[role], best)]


def _prepare_stage(fleet: Fleet) -> list[Action]:
    stages = fleet.stages
    if stages.is_building() or stages.failures >= _STAGE_FAILURES:
        return []
    if wants_warm(stages):
        parent, modules = warm_parent(stages), modules_to_warm(stages)
        replaced = {one for warm in stages.warms() for one in (warm, *stages.descendants(warm))} - {parent}
        number = stages.add(Stage(parent, modules=frozenset(modules)))
        return [*retire_stages(fleet, sorted(replaced)), ForkStage(number, parent, modules=modules)]
    checkpoint = next_checkpoint(stages)
    if checkpoint is None:
        return []
    parent, stage = checkpoint
    return [ForkStage(stages.add(stage), parent, before=stage.before)]


def retire_stages(fleet: Fleet, numbers: Iterable[int]) -> list[Action]:
    """Fork from these no more; each ends when what was forked from it has gone."""
    actions: list[Action] = []
    for number in numbers:
        fleet.stages.by_number[number].is_retired = True
        actions += [Kill(n) for n, p in fleet.processes.items() if p.stage == number and p.role in SPARES.values()]
    return actions


def end_stages(fleet: Fleet) -> list[Action]:
    """End the retired from which nothing is left."""
    stages = fleet.stages.by_number
    actions: list[Action] = []
    for number in sorted(stages, reverse=True):
        has_processes = any(process.stage == number for process in fleet.processes.values())
        has_stages = any(stage.parent == number for stage in stages.values())
        if stages[number].is_retired and not has_processes and not has_stages:
            del stages[number]
            actions.append(EndStage(number))
    return actions


def stage_ready(stage: Stage) -> list[Action]:
    stage.is_ready = True
    return _tell_prepared(stage)


def learn(fleet: Fleet, number: int, learned: Learned) -> list[Action]:
    """Take what a process has told that was forked from this forkserver."""
    fleet.stages.learned = learned
    stage = fleet.stages.by_number[number]
    if stage.parent is None or stage.modules:
        return []
    # Of what was foreseen it was not known before what it brings with it.
    stage.modules = learned.held
    return _tell_prepared(stage)


def _tell_prepared(stage: Stage) -> list[Action]:
    return [TellPrepared(stage.title, len(stage.modules))] if stage.before or stage.modules else []


def stage_failed(fleet: Fleet, number: int, cold: tuple[str, ...]) -> None:
    stages = fleet.stages
    stages.by_number[number].is_retired = True
    stages.cold.update(cold)
    stages.failures += 1
