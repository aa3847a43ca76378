"""What an application imports of others before anything else happens: read from its source, executed nowhere.

A module's import runs its top level from the first line on. As long as there is nothing but imports, definitions and
constants, what it imports of others, and in which order, does not depend on it; from the first line on that might do
anything else, nothing is foreseen.
"""

import ast
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tornado_cli.app.target import Kind, Target

_MOST_FILES = 50
_MOST_BYTES = 256 * 1024
_HARMLESS_CALLS = frozenset({"getLogger", "Path", "TypeVar", "NewType", "namedtuple"})
_HARMLESS_DECORATORS = frozenset(
    {"property", "staticmethod", "classmethod", "dataclass", "override", "contextmanager", "asynccontextmanager"}
)
_FRAMEWORK = frozenset({"tornado", "tornado_cli"})


class _End(Exception):  # noqa: N818 - no error: from here on nothing is foreseen.
    """Something comes that may do anything."""


def foreseen_imports(target: Target) -> tuple[str, ...]:
    """Return `module`, or `package:name` for `from package import name`, in their order.

    Nothing where they would all be of the standard library or of the framework: those are not worth it.
    """
    if target.path is None or not target.path.is_file():
        return ()
    walk = _Walk([*map(Path, target.search_path), _root_of(target.path, target.module)])
    try:
        if target.kind is Kind.MODULE and target.module is not None:
            walk.visit(target.module, ())
        else:
            walk.read(target.path, ())
    except _End:
        """What was found so far is all."""
    found = tuple(walk.found)
    return found if any(_is_of_others(name) for name in found) else ()


def _root_of(path: Path, module: str | None) -> Path:
    """Return the folder that has the module's package: it may be on no search path that we know of."""
    depth = 0 if module is None else module.count(".") + (path.name == "__init__.py")
    return path.parents[min(depth, len(path.parents) - 1)]


def _is_of_others(name: str) -> bool:
    first = name.partition(":")[0].partition(".")[0]
    return first not in sys.stdlib_module_names and first not in _FRAMEWORK


class _Walk:
    """Goes through the project's files as their import would."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.found: dict[str, None] = {}
        self._roots = roots
        self._read: set[Path] = set()

    def visit(self, module: str, names: Sequence[str]) -> None:
        """Import a module, and what is taken from it by `from module import names`."""
        parts = tuple(module.split("."))
        if self._place(parts[:1]) is None:
            self.found.update(dict.fromkeys([f"{module}:{name}" for name in names] or [module]))
            return
        for length in range(1, len(parts) + 1):
            self._enter(parts[:length])
        for name in names:
            if self._place((*parts, name)) is not None:
                self._enter((*parts, name))

    def read(self, path: Path, package: tuple[str, ...]) -> None:
        """Execute a file; `package` is that to which its relative imports belong."""
        if path in self._read:
            return
        self._read.add(path)
        try:
            if len(self._read) > _MOST_FILES or path.stat().st_size > _MOST_BYTES:
                raise _End
            body = ast.parse(path.read_bytes()).body
        except (SyntaxError, ValueError, RecursionError, OSError) as error:
            raise _End from error
        self._execute(body, package)

    def _place(self, parts: tuple[str, ...]) -> Path | None:
        """Return a project module's file, if it is one of the project."""
        for root in self._roots:
            folder = root.joinpath(*parts)
            for place in (folder / "__init__.py", folder.with_suffix(".py")):
                if place.is_file():
                    return place
            if folder.is_dir():
                # A package in several places, or only a folder that is called so.
                raise _End
        return None

    def _enter(self, parts: tuple[str, ...]) -> None:
        place = self._place(parts)
        if place is None:
            # Another importer finds it, or nobody does.
            raise _End
        self.read(place, parts if place.name == "__init__.py" else parts[:-1])

    def _execute(self, body: Iterable[ast.stmt], package: tuple[str, ...]) -> None:
        for statement in body:
            match statement:
                case ast.Import(names=names):
                    for alias in names:
                        self.visit(alias.name, ())
                case ast.ImportFrom():
                    self._take(statement, package)
                case ast.If(test=test, orelse=orelse) if _last_name(test) == "TYPE_CHECKING":
                    self._execute(orelse, package)
                case ast.Try(body=tried, orelse=[], finalbody=[]) if all(map(_is_import, tried)):
                    self._execute(tried, package)
                case _ if not _is_harmless(statement):
                    raise _End

    def _take(self, statement: ast.ImportFrom, package: tuple[str, ...]) -> None:
        if statement.level > len(package):
            raise _End
        base = package[: len(package) - statement.level + 1] if statement.level else ()
        module = ".".join([*base, *filter(None, [statement.module])])
        if module != "__future__":
            self.visit(module, [alias.name for alias in statement.names])


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _is_harmless(statement: ast.stmt) -> bool:
    """Say whether executing it can have no effect but to bind a name."""
    match statement:
        case (
            ast.FunctionDef(args=arguments, decorator_list=decorators)
            | ast.AsyncFunctionDef(args=arguments, decorator_list=decorators)
        ):
            return _are_known(decorators) and _has_no_call([arguments, *filter(None, [statement.returns])])
        case ast.ClassDef(bases=bases, keywords=keywords, decorator_list=decorators, body=body):
            return _are_known(decorators) and _has_no_call([*bases, *keywords]) and all(map(_is_harmless, body))
        case ast.Assign(targets=targets, value=value):
            return all(isinstance(target, ast.Name) for target in targets) and _has_no_call([value])
        case ast.AnnAssign(target=ast.Name(), annotation=annotation, value=value):
            return _has_no_call([annotation, *filter(None, [value])])
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
    return type(statement).__name__ == "TypeAlias"  # From Python 3.12 on; its value is not computed here.


def _are_known(decorators: Iterable[ast.expr]) -> bool:
    return all(_last_name(decorator) in _HARMLESS_DECORATORS for decorator in decorators)


def _has_no_call(nodes: Iterable[ast.AST]) -> bool:
    running = ast.Call | ast.Await | ast.NamedExpr | ast.Yield | ast.YieldFrom
    return not any(
        isinstance(node, running) and not (isinstance(node, ast.Call) and _last_name(node.func) in _HARMLESS_CALLS)
        for top in nodes
        for node in ast.walk(top)
    )


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=function) if _last_name(function) == "dataclass":
            return "dataclass"
    return ""
