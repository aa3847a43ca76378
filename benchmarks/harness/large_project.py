"""A project of many modules, of which one leaf or another is edited; and what a cold start pays from there on."""

import subprocess
import sys
from pathlib import Path

from harness.saved_project import SavedProject, Way, Weight, save_text
from harness.server import clean_environment

_MAIN = """
import tornado.web

{imports}


class Main(tornado.web.RequestHandler):
    def get(self):
        self.write(" ".join([{versions}]))


def make_app():
    return tornado.web.Application([("/", Main)])
"""
# As projects have them: a few classes and functions, some of which their decorators make at import.
_MODULE = '''"""Module {number} of the shop."""

import dataclasses
import functools
import logging
import typing

{imports}
VERSION = "0"
logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Item{number}:
    name: str
    price: float = {number}.0
    tags: tuple[str, ...] = ()
    notes: typing.Optional[dict[str, list[int]]] = None

    def total(self, count: int) -> float:
        """Return the price of so many."""
        return self.price * count


class Store{number}:
    def __init__(self) -> None:
        self._items: dict[str, Item{number}] = {{}}

    def add(self, item: Item{number}) -> None:
        logger.debug("adding %s", item)
        self._items[item.name] = item

    def find(self, name: str) -> typing.Optional[Item{number}]:
        return self._items.get(name)

    def all(self) -> list[Item{number}]:
        return sorted(self._items.values(), key=lambda item: item.name)

    @property
    def worth(self) -> float:
        return sum(item.price for item in self._items.values())


@functools.lru_cache(maxsize=128)
def price_of(name: str, count: int = 1) -> float:
    return Item{number}(name).total(count)
'''
_LOOK_BACK = (1, 7, 40)
"""How far back the modules are that a module imports."""
# Runs in a fresh interpreter: what follows the leaf's import, with all before it imported already.
_COLD = """
import sys, time
import tornado.web, tornado.httpserver, asyncio, logging, dataclasses, functools, typing
sys.path.insert(0, ".")
leaf = sys.argv[1]

class Clock:
    began = 0.0

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == leaf:
            cls.began = time.perf_counter()

sys.meta_path.insert(0, Clock)
import main
main.make_app()
print(time.perf_counter() - Clock.began)
"""


class LargeProject(SavedProject):
    """`shop/` with its modules, imported in the order of their numbers; an answer has the versions of the leaves."""

    def __init__(self, top: Path, modules: int, percentiles: tuple[int, ...]) -> None:
        super().__init__(top, Weight.LIGHT)
        self.leaves = {percentile: modules * percentile // 100 for percentile in percentiles}
        self._versions = dict.fromkeys(self.leaves, 0)
        self._next = top / "next_leaf.py"
        self._write_modules(modules)

    @property
    def version(self) -> str:
        return " ".join(str(version) for version in self._versions.values())

    def save_leaf(self, percentile: int) -> float:
        """Save the next version of a leaf; return the moment just before it could be seen."""
        self._versions[percentile] += 1
        number = self.leaves[percentile]
        return save_text(self._path(number), self._module(number), Way.RENAMED, self._next)

    def seconds_of_cold_import(self, percentile: int) -> float:
        """Return what a fresh interpreter takes from the import of the leaf to the application made."""
        leaf = f"shop.module{self.leaves[percentile]:03}"
        # As after a save: the leaf is compiled anew, bytecode of the others is there.
        for cached in (self.folder / "shop" / "__pycache__").glob(f"{leaf.partition('.')[2]}.*"):
            cached.unlink(missing_ok=True)
        command = [sys.executable, "-c", _COLD, leaf]
        done = subprocess.run(
            command, cwd=self.folder, env=clean_environment(), capture_output=True, text=True, check=True
        )
        return float(done.stdout)

    def _write_modules(self, count: int) -> None:
        (self.folder / "shop").mkdir()
        (self.folder / "shop" / "__init__.py").touch()
        for number in range(count):
            self._path(number).write_text(self._module(number))
        names = [f"shop.module{number:03}" for number in range(count)]
        versions = ", ".join(f"{names[number]}.VERSION" for number in self.leaves.values())
        imports = "\n".join(f"import {name}" for name in names)
        (self.folder / "main.py").write_text(_MAIN.format(imports=imports, versions=versions))

    def _path(self, number: int) -> Path:
        return self.folder / "shop" / f"module{number:03}.py"

    def _module(self, number: int) -> str:
        """Return the text of a module; leaves import nothing of the shop."""
        is_leaf = number in self.leaves.values()
        earlier = [number - back for back in _LOOK_BACK if number >= back and not is_leaf]
        imports = "".join(f"from shop.module{one:03} import Item{one}, price_of as price_of_{one}\n" for one in earlier)
        text = _MODULE.format(number=number, imports=imports)
        version = next((self._versions[p] for p, leaf in self.leaves.items() if leaf == number), 0)
        # Of another length than the last.
        return text.replace('VERSION = "0"', f'VERSION = "{version}"') + "#" * (version % 29) + "\n"
