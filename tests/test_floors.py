"""Imports go down: the package is a list of floors."""

import ast
from collections.abc import Collection
from pathlib import Path

import pytest

import tornado_cli

PACKAGE = Path(tornado_cli.__file__).parent

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"__main__"}),
    frozenset({"cli"}),
    frozenset({"commands"}),
    frozenset({"serve", "run", "scaffold", "checks"}),
    frozenset({"http"}),
    frozenset({"app"}),
    frozenset({"logs", "rendering"}),
    frozenset({"config", "system", "files", "terminal"}),
    frozenset({"events", "errors", ""}),
    frozenset({"records"}),
)
# A dependency has one door.
DOORS = {
    "click": {"cli", "commands", "config.command_line"},
    "rich": {"terminal", "logs.render"},
    "watchdog": {"serve.watching"},
    "dotenv": {"config.env_file"},
    "cryptography": {"system.certificates", "system.tls"},
}


def modules() -> list[str]:
    return sorted(
        path.relative_to(PACKAGE)
        .with_suffix("")
        .as_posix()
        .replace("/", ".")
        .removesuffix("__init__")
        .removesuffix(".")
        for path in PACKAGE.rglob("*.py")
        if "templates_scaffold" not in path.parts
    )


def source_of(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split(".")) if module else PACKAGE
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imports_of(module: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source_of(module).read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            assert node.module is not None
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def floor_of(module: str) -> int:
    room = module.split(".", maxsplit=1)[0]
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


@pytest.fixture(scope="module")
def imports() -> Collection[tuple[str, str]]:
    """Each module with each name that it imports."""
    return [(module, name) for module in modules() for name in imports_of(module)]


def test_a_module_imports_only_from_its_own_room_and_from_floors_below(imports: Collection[tuple[str, str]]) -> None:
    wrong = [f"{module} imports {name}" for module, name in imports if not is_below(name, module)]
    assert not wrong


def is_below(name: str, module: str) -> bool:
    if not name.startswith("tornado_cli."):
        return True
    room = module.split(".", maxsplit=1)[0]
    other = name.removeprefix("tornado_cli.").split(".")[0]
    return other.startswith("__") or other == room or floor_of(other) > floor_of(module)


def test_a_dependency_has_one_door(imports: Collection[tuple[str, str]]) -> None:
    wrong = [f"{module} imports {name}" for module, name in imports if not is_by_the_door(name, module)]
    assert not wrong


def is_by_the_door(name: str, module: str) -> bool:
    doors = DOORS.get(name.split(".", maxsplit=1)[0])
    return doors is None or any(module == door or module.startswith(f"{door}.") for door in doors)
