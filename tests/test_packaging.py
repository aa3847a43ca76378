"""What is handed out: the wheel, and the archive of the sources that it is built from."""

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from support.server_process import ServerProcess

from tornado_cli import __version__

ROOT = Path(__file__).parent.parent
DISTRIBUTION = "tornado-tcli"


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the archive of the sources, and the wheel that was built from that archive."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return built / f"tornado_tcli-{__version__}-py3-none-any.whl"


def needed_by(requirements: Iterable[str], extras: Iterable[str] = ("",)) -> Iterator[Distribution]:
    """The installed distributions that are named, and what those need."""
    for requirement in map(Requirement, requirements):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
            needed = distribution(requirement.name)
            yield needed
            yield from needed_by(needed.requires or (), {"", *requirement.extras})


def link_what_is_needed(programs: Path, requirements: Iterable[str]) -> None:
    """Link it from the environment of the tests: as good as installed once more, and needs no index."""
    where = run(programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=programs)
    for needed in needed_by(requirements):
        for top in {file.parts[0] for file in needed.files or ()} - {"..", "__pycache__"}:
            link = Path(where.strip()) / top
            if not link.exists():
                link.symlink_to(Path(str(needed.locate_file(top))))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with the wheel and what it declares, and nothing else.

    An import that no requirement covers fails here.
    """
    environment = tmp_path_factory.mktemp("clean") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=environment.parent)
    programs = environment / "bin"
    pip = (sys.executable, "-m", "pip", "--python", programs / "python")
    run(*pip, "install", "--quiet", "--no-index", "--no-deps", "--no-compile", wheel, cwd=environment.parent)
    link_what_is_needed(programs, distribution(DISTRIBUTION).requires or ())
    return programs


def test_the_wheel_holds_the_package_and_its_templates_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"tornado_cli/serve/browser_tools/assets/live.js", "tornado_cli/serve/error_page/page.css"} <= names
    assert {"tornado_cli/py.typed", "tornado_cli/cli.py", "tornado_cli/templates_scaffold/manifest.toml"} <= names
    assert {name.partition("/")[0] for name in names} == {"tornado_cli", f"tornado_tcli-{__version__}.dist-info"}
    assert f"tornado_tcli-{__version__}.dist-info/licenses/LICENSE" in names
    assert [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".so"))] == []


def test_every_template_file_is_in_the_wheel(wheel: Path) -> None:
    source = ROOT / "templates_scaffold"
    tree = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    wanted = {name for name in tree if "__pycache__" not in name and "_cache/" not in name}
    prefix = "tornado_cli/templates_scaffold/"
    with zipfile.ZipFile(wheel) as archive:
        packed = {name.removeprefix(prefix) for name in archive.namelist() if name.startswith(prefix)}
    assert packed == wanted


def test_the_archive_of_the_sources_holds_what_one_needs_to_test_them(built: Path) -> None:
    with tarfile.open(built / f"tornado_tcli-{__version__}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "pyproject.toml"}
    assert wanted | {"tests/test_packaging.py", "tornado_cli/py.typed", "templates_scaffold/manifest.toml"} <= names


def test_the_wheel_says_which_python_it_needs_and_pins_no_more_than_it_must(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"tornado_tcli-{__version__}.dist-info/METADATA").decode()
    assert "Requires-Python: >=3.11\n" in metadata
    assert "Requires-Dist: tornado>=6.6.1\n" in metadata


def test_the_installed_program_knows_its_version(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "tcli", "--version", cwd=tmp_path) == f"tcli {__version__}\n"
    place = run(installed / "python", "-c", "import tornado_cli; print(tornado_cli.__file__)", cwd=tmp_path)
    assert Path(place).is_relative_to(installed.parent)


class Installed(ServerProcess):
    """The program of another environment."""

    def __init__(self, program: Path, command: str, *, cwd: Path) -> None:
        super().__init__(command, cwd=cwd)
        self._arguments[:3] = [str(program)]


@pytest.mark.parametrize(
    ("template", "command"),
    [
        ("minimal", "serve"),
        ("web", "run"),
        pytest.param("minimal", "run", marks=pytest.mark.thorough),
        pytest.param("web", "serve", marks=pytest.mark.thorough),
    ],
)
def test_a_project_is_made_and_served_from_the_wheel(
    installed: Path, template: str, command: str, tmp_path: Path
) -> None:
    tcli = installed / "tcli"
    run(tcli, "new", "shop", "--template", template, cwd=tmp_path)
    declared = tomllib.loads((tmp_path / "shop/pyproject.toml").read_text())["project"]["dependencies"]
    link_what_is_needed(installed, declared)
    if (tmp_path / "shop/src/shop/migrations").is_dir():
        run(installed / "python", "-m", "alembic", "upgrade", "head", cwd=tmp_path / "shop")
    with Installed(tcli, command, cwd=tmp_path / "shop") as server:
        server.wait_for("ready")
        assert server.get("/").status == 200
        assert server.stop() == 0
