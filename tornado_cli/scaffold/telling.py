"""Tells of a project that is made or could be: for people, and for programs."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tornado_cli.files.obstacles import Arrival
from tornado_cli.scaffold.command import typed
from tornado_cli.scaffold.follow_up import Outcome
from tornado_cli.scaffold.generate import Plan
from tornado_cli.scaffold.installation import UV_LOCK, VENV
from tornado_cli.scaffold.outline import outline

ACTIVATE = r".venv\Scripts\activate" if os.name == "nt" else ". .venv/bin/activate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """What there is to tell."""

    target: Path
    """As it was typed."""
    plan: Plan
    command: str
    """Makes the same again."""
    outcome: Outcome | None
    """None: nothing was made."""


def as_text(told: Telling) -> str:
    """The tree, the command that makes it again, and, when it is made, what to type next."""
    parts = ["\n".join(outline(file.path for file in told.plan.files)), *met(told.plan.arrival)]
    parts.append(f"The same again:\n\n  {told.command}")
    if told.outcome is not None:
        steps = next_steps(told.target, told.plan, lock=told.outcome.lock)
        parts.append(f"Next:\n\n{steps}")
    return "\n\n".join(parts)


def met(arrival: Arrival | None) -> Iterator[str]:
    """What was there already."""
    if arrival is not None and arrival.left:
        yield "Left as it was:\n\n" + "\n".join(f"  {path}" for path in arrival.left)
    if arrival is not None and arrival.set_aside:
        lines = (f"  {path} as {path.with_name(name)}" for path, name in arrival.set_aside.items())
        yield "Kept what was there:\n\n" + "\n".join(lines)


def as_json(told: Telling) -> str:
    project = told.plan.project
    arrival = told.plan.arrival or Arrival(files=told.plan.files)
    outcome = told.outcome or Outcome()
    content = {
        "made": told.outcome is not None,
        "target": str(told.target),
        "template": project.preset,
        "package": project.package,
        "answers": dict(project.answers),
        "files": [{"path": str(file.path), "mode": f"{file.mode:04o}"} for file in arrival.files],
        "left": [str(path) for path in arrival.left],
        "set_aside": {str(path): str(path.with_name(name)) for path, name in arrival.set_aside.items()},
        "repository": outcome.has_repository,
        "lock": outcome.lock,
        "command": told.command,
    }
    return json.dumps(content, indent=2)


def next_steps(target: Path, plan: Plan, *, lock: str) -> str:
    has_tables = any("migrations/versions" in str(file.path) for file in plan.files)
    makes_them = any(file.path.name == "first_start.py" for file in plan.files)
    is_elsewhere = not target.samefile(Path.cwd())
    steps = {
        **({f"cd {typed(target)}": ""} if is_elsewhere else {}),
        **({ACTIVATE: ""} if lock else {f"python3 -m venv {VENV} && {ACTIVATE}": "", "pip install -e '.[dev]'": ""}),
        **install_step("uv pip" if lock == UV_LOCK else "pip"),
        **({"alembic upgrade head": "its tables"} if has_tables and not makes_them else {}),
        "pytest": "its own tests",
        f"python -m {plan.project.package}": "on plain Tornado: http://127.0.0.1:8000",
        "tcli serve --debug": "the same, fresh after each save",
    }
    width = max(len(step) for step, why in steps.items() if why)
    return "\n".join(f"  {step:{width}}  # {why}" if why else f"  {step}" for step, why in steps.items())


def install_step(pip: str) -> dict[str, str]:
    """Return how the tcli that runs comes into the project's environment; nothing where it cannot be told."""
    from tornado_cli.system.interpreter import DISTRIBUTION, install_source

    source = install_source()
    return {} if source == DISTRIBUTION else {f"{pip} install {source}": "tcli itself"}
