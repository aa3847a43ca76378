"""Imports go down: the package is a list of floors."""

import ast
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


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_only_from_its_own_room_and_from_floors_below(module: str) -> None:
    room = module.split(".", maxsplit=1)[0]
    for name in imports_of(module):
        if not name.startswith("tornado_cli."):
            continue
        other = name.removeprefix("tornado_cli.").split(".")[0]
        if other.startswith("__") or other == room:
            continue
        assert floor_of(other) > floor_of(module), f"{module} imports {name}"


@pytest.mark.parametrize("module", modules())
def test_a_dependency_has_one_door(module: str) -> None:
    for name in imports_of(module):
        doors = DOORS.get(name.split(".")[0])
        if doors is not None:
            assert any(module == door or module.startswith(f"{door}.") for door in doors), f"{module} imports {name}"
