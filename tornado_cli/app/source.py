"""What a source file says about itself: read as text and syntax tree, never imported."""

import ast
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum, auto
from pathlib import Path
from types import MappingProxyType

from tornado_cli.records import Record

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_LOOP_STARTERS = frozenset({"asyncio.run", "asyncio.Runner", "uvloop.run", "anyio.run"})
_LOOP_METHODS = frozenset({"run_sync", "run_forever", "run_until_complete"})
_LOOP_NAMES = frozenset({"loop", "ioloop", "io_loop", "IOLoop"})
_LISTEN_METHODS = frozenset({"listen", "bind", "add_socket", "add_sockets", "bind_sockets", "bind_unix_socket"})
_OPTION_PARSERS = frozenset({"parse_command_line", "parse_config_file"})
_BROKEN_NAME = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)|^(\w+)\s*(?::[^=\n]+)?=(?!=)", re.MULTILINE)
_BROKEN_LOOP = re.compile(r"^.*(?:IOLoop\b.*\.start\(|\brun_sync\(|\brun_forever\(|\basyncio\.run\().*$", re.MULTILINE)


class LoopStart(Enum):
    """When the file starts an event loop."""

    NEVER = auto()
    WHEN_RUN = auto()
    """Behind `if __name__ == "__main__"`, or in a function that something else calls."""
    WHEN_IMPORTED = auto()


class Bound(Enum):
    """How a module-level name came to its value."""

    FUNCTION = auto()
    CLASS = auto()
    VALUE = auto()
    LITERAL = auto()
    IMPORTED = auto()


class Binding(Record, kw_only=True):
    """A module-level name."""

    how: Bound
    parameters: tuple[str, ...] = ()
    """Names of all positional parameters of a function."""
    required: tuple[str, ...] = ()
    """Those a caller must give."""
    maker: str = ""
    """What was called to make the value, as written: `make_app`, `web.Application`."""


class Source(Record, kw_only=True):
    """The facts about one file that decide how it is brought up."""

    path: Path
    is_broken: bool = False
    """It does not parse, so the rest is guessed from its lines."""
    names: Mapping[str, Binding] = MappingProxyType({})
    loop: LoopStart = LoopStart.NEVER
    mentions: frozenset[str] = frozenset()
    """Dotted names as if every import were absolute: `tornado.web.Application`."""
    imports: frozenset[str] = frozenset()
    """First parts of imported names; a dot for a relative import."""
    tcp_servers: tuple[str, ...] = ()
    listens: bool = False
    parses_options: bool = False

    def uses(self, *modules: str) -> bool:
        """Whether anything of one of these modules is mentioned."""
        return any(name == module or name.startswith(f"{module}.") for name in self.mentions for module in modules)


def read_source(path: Path) -> Source:
    """Never raises for what is in the file; OSError when there is no reading it."""
    content = path.read_bytes()
    try:
        with warnings.catch_warnings():
            # The process that imports the file is the one to show its warnings.
            warnings.simplefilter("ignore")
            return _Reader(ast.parse(content, filename=str(path))).source(path)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _guess(path, content.decode(errors="replace"))


def _guess(path: Path, text: str) -> Source:
    names = {first or second: Binding(how=Bound.VALUE) for first, second in _BROKEN_NAME.findall(text)}
    starts = _BROKEN_LOOP.findall(text)
    loop = LoopStart.WHEN_RUN if starts else LoopStart.NEVER
    if any(line == line.lstrip() for line in starts):
        loop = LoopStart.WHEN_IMPORTED
    return Source(path=path, is_broken=True, names=names, loop=loop, parses_options="parse_command_line" in text)


class _Reader:
    """One pass over a syntax tree for each fact."""

    def __init__(self, tree: ast.Module) -> None:
        self.body = tree.body
        self.nodes = list(ast.walk(tree))
        self.calls = [node for node in self.nodes if isinstance(node, ast.Call)]
        self.aliases = _aliases(self.nodes)
        self.loops = _LOOP_NAMES | {
            name.id
            for node in self.nodes
            if isinstance(node, ast.Assign) and "IOLoop" in ast.dump(node.value)
            for name in node.targets
            if isinstance(name, ast.Name)
        }

    def source(self, path: Path) -> Source:
        return Source(
            path=path,
            names=_names(self.body),
            loop=self._loop_start(),
            mentions=self._mentions(),
            imports=_imports(self.nodes),
            tcp_servers=tuple(node.name for node in self.nodes if isinstance(node, ast.ClassDef) and _is_tcp(node)),
            listens=any(_last_part(call.func) in _LISTEN_METHODS for call in self.calls),
            parses_options=self._parses_options(),
        )

    def absolute(self, node: ast.expr) -> str:
        """`web.Application` as `tornado.web.Application`; empty for what is no dotted name."""
        first, dot, rest = _dotted(node).partition(".")
        return self.aliases.get(first, first) + dot + rest

    def _mentions(self) -> frozenset[str]:
        written = (self.absolute(node) for node in self.nodes if isinstance(node, ast.Attribute | ast.Name))
        return frozenset({*written, *self.aliases.values()} - {""})

    def _loop_start(self) -> LoopStart:
        now = [node for node in _executed(self.body, closed=_FUNCTIONS) if isinstance(node, ast.Call)]
        if self._reaches(now, self._starts_loop):
            return LoopStart.WHEN_IMPORTED
        return LoopStart.WHEN_RUN if any(map(self._starts_loop, self.calls)) else LoopStart.NEVER

    def _parses_options(self) -> bool:
        """Whether only the start code reads the command line: an import alone would leave the defaults."""
        now = [node for node in _executed(self.body, closed=_FUNCTIONS) if isinstance(node, ast.Call)]
        return any(map(_parses, self.calls)) and not self._reaches(now, _parses)

    def _starts_loop(self, call: ast.Call) -> bool:
        if self.absolute(call.func) in _LOOP_STARTERS:
            return True
        if not isinstance(call.func, ast.Attribute):
            return False
        method, receiver = call.func.attr, call.func.value
        return method in _LOOP_METHODS or (method == "start" and self._is_loop(receiver))

    def _is_loop(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Call):
            return "IOLoop" in _dotted(node.func).split(".")
        return _last_part(node) in self.loops

    def _reaches(self, calls: Iterable[ast.Call], wanted: Callable[[ast.Call], bool]) -> bool:
        """Whether one of these calls is wanted, itself or through the functions of this file."""
        functions = {node.name: node for node in self.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        waiting = list(calls)
        while waiting:
            call = waiting.pop()
            if wanted(call):
                return True
            if function := functions.pop(_last_part(call.func), None):
                waiting.extend(node for node in ast.walk(function) if isinstance(node, ast.Call))
        return False


def _executed(nodes: Iterable[ast.AST], *, closed: tuple[type[ast.AST], ...]) -> Iterator[ast.AST]:
    """What an import executes: not what is behind the `__main__` guard, nor inside `closed` nodes."""
    for node in nodes:
        yield node
        if isinstance(node, closed):
            continue
        is_guard = isinstance(node, ast.If) and _is_main_guard(node.test)
        children = node.orelse if isinstance(node, ast.If) and is_guard else ast.iter_child_nodes(node)
        yield from _executed(children, closed=closed)


def _is_main_guard(test: ast.expr) -> bool:
    parts = list(ast.walk(test))
    return any(isinstance(part, ast.Name) and part.id == "__name__" for part in parts) and any(
        isinstance(part, ast.Constant) and part.value == "__main__" for part in parts
    )


def _names(body: list[ast.stmt]) -> dict[str, Binding]:
    found: dict[str, Binding] = {}
    for node in _executed(body, closed=(*_FUNCTIONS, ast.ClassDef)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found[node.name] = _function(node.args)
            case ast.ClassDef():
                found[node.name] = Binding(how=Bound.CLASS)
            case ast.Assign(targets=targets, value=value):
                found.update(dict.fromkeys(_targets(targets), _value(value)))
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                found.update(dict.fromkeys(_targets([target]), _value(value)))
            case ast.ImportFrom(names=aliases):
                found.update({alias.asname or alias.name: Binding(how=Bound.IMPORTED) for alias in aliases})
    return found


def _function(arguments: ast.arguments) -> Binding:
    positional = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args]]
    required = positional[: len(positional) - len(arguments.defaults)]
    required += [
        argument.arg
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    ]
    return Binding(how=Bound.FUNCTION, parameters=tuple(positional), required=tuple(required))


def _value(value: ast.expr) -> Binding:
    if isinstance(value, ast.Constant | ast.Dict | ast.List | ast.Set | ast.Tuple | ast.JoinedStr):
        return Binding(how=Bound.LITERAL)
    return Binding(how=Bound.VALUE, maker=_dotted(value.func) if isinstance(value, ast.Call) else "")


def _targets(targets: Iterable[ast.expr]) -> Iterator[str]:
    return (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))


def _aliases(nodes: list[ast.AST]) -> dict[str, str]:
    """Names made by imports, and what they stand for."""
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                found[alias.asname or first] = alias.name if alias.asname else first
                # `import a.b` mentions a.b, even where only `a` becomes a name.
                found.setdefault(alias.name, alias.name)
        elif isinstance(node, ast.ImportFrom):
            package = "." * node.level + (node.module or "")
            found.update({alias.asname or alias.name: f"{package}.{alias.name}" for alias in node.names})
    return found


def _imports(nodes: list[ast.AST]) -> frozenset[str]:
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    origins = {"." if node.level else node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return frozenset(name.partition(".")[0] or "." for name in plain | origins)


def _is_tcp(node: ast.ClassDef) -> bool:
    return any(_last_part(parent) == "TCPServer" for parent in node.bases)


def _parses(call: ast.Call) -> bool:
    return _last_part(call.func) in _OPTION_PARSERS


def _last_part(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else _dotted(node)


def _dotted(node: ast.expr) -> str:
    """`a.b.c` as text; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join(reversed([*parts, node.id]))
