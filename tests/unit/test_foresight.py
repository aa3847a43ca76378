"""What an application imports of others is foreseen exactly as far as nothing else happens before."""

from pathlib import Path

import pytest
from support.project import write

from tornado_cli.app.foresight import foreseen_imports
from tornado_cli.app.target import Kind, Origin, Target


def target(folder: Path, module: str = "main") -> Target:
    path = folder.joinpath(*module.split(".")).with_suffix(".py")
    return Target(
        kind=Kind.MODULE, origin=Origin.FOUND, title=module, module=module, path=path, search_path=(str(folder),)
    )


def foreseen(folder: Path, source: str, **others: str) -> list[str]:
    write(folder, {"main.py": source, **{name.replace("__", "/") + ".py": text for name, text in others.items()}})
    return list(foreseen_imports(target(folder)))


def test_imports_of_others_are_foreseen_in_their_order(tmp_path: Path) -> None:
    source = "import json\nimport sqlalchemy.orm, redis\nfrom pydantic import BaseModel, v1\nimport httpx as http\n"
    assert foreseen(tmp_path, source) == [
        "json",
        "sqlalchemy.orm",
        "redis",
        "pydantic:BaseModel",
        "pydantic:v1",
        "httpx",
    ]


def test_those_of_the_projects_own_modules_are_among_them_at_their_place(tmp_path: Path) -> None:
    source = "import first\nimport shop.models\nfrom shop import views\nimport last\n"
    modules = {
        "shop____init__": "from . import settings\nimport second\n",
        "shop__settings": "import early\nfrom __future__ import annotations\n",
        "shop__models": "from .settings import X\nimport third\n",
        "shop__views": "import shop.models\nfrom ..shop import settings\n",
    }
    write(tmp_path, {"main.py": source})
    write(tmp_path, {name.replace("__", "/", 1) + ".py": text for name, text in modules.items()})
    assert foreseen_imports(target(tmp_path)) == ("first", "early", "second", "third")


@pytest.mark.parametrize(
    "line",
    [
        "import os; os.environ['X'] = '1'",
        "load()",
        "value = load()",
        "value: int = load()",
        "def function(x=load()): ...",
        "@load\ndef function(): ...",
        "class Thing(load()): ...",
        "class Thing:\n    x = load()",
        "class Thing:\n    import other",
        "for x in (1, 2): ...",
        "with open('x'): ...",
        "if value:\n    import other",
        "try:\n    load()\nexcept Exception: ...",
        "try:\n    import other\nfinally:\n    load()",
        "thing.attribute = 1",
        "del thing",
        "raise SystemExit",
        "value = [x := 1]",
        "from .. import other",
        "import missing_part.of_a_folder",
    ],
)
def test_nothing_is_foreseen_behind_what_may_do_anything(tmp_path: Path, line: str) -> None:
    (tmp_path / "missing_part").mkdir()
    assert foreseen(tmp_path, f"import one\n{line}\nimport two\n") in (["one"], ["one", "os"])


@pytest.mark.parametrize(
    "line",
    [
        '"""What it is."""',
        "NAMES = ['a', 'b']",
        "LIMIT: int = 3",
        "logger = logging.getLogger(__name__)",
        "if TYPE_CHECKING:\n    import never",
        "def function(x: int = 3) -> str:\n    return load(x)",
        "async def function():\n    import never",
        "class Thing(one.Base):\n    x: int = 1\n    @property\n    def y(self): return load()",
        "@dataclass(frozen=True)\nclass Thing:\n    x: int",
        "pass",
    ],
)
def test_what_only_binds_a_name_does_not_stand_in_the_way(tmp_path: Path, line: str) -> None:
    assert foreseen(tmp_path, f"import one\n{line}\nimport two\n") == ["one", "two"]


def test_an_import_that_may_fail_is_foreseen_without_what_replaces_it(tmp_path: Path) -> None:
    source = "try:\n    import fast\nexcept ImportError:\n    import slow as fast\nimport two\n"
    assert foreseen(tmp_path, source) == ["fast", "two"]


def test_where_nothing_but_the_framework_and_the_standard_library_is_used_nothing_is_worth_it(tmp_path: Path) -> None:
    assert not foreseen(tmp_path, "import asyncio\nimport tornado.web\nfrom tornado import ioloop\n")


def test_a_file_that_does_not_parse_or_is_not_there_ends_it(tmp_path: Path) -> None:
    assert foreseen(tmp_path, "import one\nimport broken\nimport two\n", broken="import three\ndef (\n") == ["one"]
    assert foreseen(tmp_path, "def (\n") == []
    assert foreseen_imports(target(tmp_path, "not_there")) == ()


def test_a_script_is_read_by_its_path(tmp_path: Path) -> None:
    write(tmp_path, {"server.py": "import one\nimport near\n", "near.py": "import two\n"})
    script = Target(kind=Kind.SCRIPT, origin=Origin.FOUND, title="server.py", path=tmp_path / "server.py")
    assert foreseen_imports(script) == ("one", "two")


def test_modules_that_import_each_other_end_nothing(tmp_path: Path) -> None:
    modules = {"left": "import right\nimport one\n", "right": "import left\nimport two\n"}
    assert foreseen(tmp_path, "import left\nimport three\n", **modules) == ["two", "one", "three"]
