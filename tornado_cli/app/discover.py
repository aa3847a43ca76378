"""Find the application: what was asked for, or what lies in the usual places. Nothing is imported."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tornado_cli.app.choice import Import, Run, choose
from tornado_cli.app.places import Place, installed_module, is_submodule, project_folders, python_files
from tornado_cli.app.source import Source, read_source
from tornado_cli.app.spec import Spec, parse_spec
from tornado_cli.app.strangers import stranger
from tornado_cli.app.target import ATTRIBUTES, Kind, Origin, Target
from tornado_cli.errors import AppError, UsageError

FILES = ("app.py", "main.py", "server.py", "application.py")
"""Where applications live, unless told otherwise."""
NAME_SHOWN = 80
"""Characters of a name that an error repeats."""


def find_target(
    spec: str | None,
    directory: Path,
    *,
    command: str = "tcli serve",
    script: bool = False,
    environ: Mapping[str, str],
    configured: str | None,
) -> Target:
    """Raise AppError where there is no application, or more than one.

    `script` says to run the file as `__main__` whatever is in it; `configured` is the project file's `app`; `command`
    is what hints say to type.
    """
    search = _Search(directory.absolute(), command, script=script)
    return _asked_for(search, spec, environ, configured).but(command=command)


def _asked_for(search: "_Search", spec: str | None, environ: Mapping[str, str], configured: str | None) -> Target:
    asked = {
        Origin.ARGUMENT: spec,
        Origin.ENVIRONMENT: environ.get("TCLI_APP"),
        Origin.CONFIGURED: configured,
    }
    for origin, text in asked.items():
        if text:
            return _named(search, text).but(origin=origin)
    with _told(search, f"An application in {search.directory}"):
        return search.anything_in(search.directory)


def _named(search: "_Search", text: str) -> Target:
    with _told(search, text if len(text) <= NAME_SHOWN else f"{text[:NAME_SHOWN]}..."):
        return search.named(parse_spec(text))


@contextlib.contextmanager
def _told(search: "_Search", what: str) -> Iterator[None]:
    """A name longer than any file's may be, a folder that is not ours to read, or is no more."""
    try:
        yield
    except OSError as error:
        hint = f"Name the application: {search.command} module:name"
        raise AppError(f"{what} cannot be looked for: {error.strerror}.", hint=hint) from error


class _Search:
    """One look at a directory; `script` overrules what the sources say."""

    def __init__(self, directory: Path, command: str, *, script: bool) -> None:
        self.directory = directory
        self.command = command
        self.script = script
        self.strangers: list[AppError] = []

    # What was named

    def named(self, spec: Spec) -> Target:
        if self.script and spec.attribute:
            raise UsageError(
                f"--script runs a whole file; {spec.text!r} names an attribute of one.",
                hint=f"Leave out one of them: {self.command} --script {spec.place}",
            )
        path = self._path_of(spec)
        if path is None:
            return self._installed(spec)
        if path.is_dir():
            return self._folder(path, spec)
        if spec.attribute:
            return self._module(Place.of(path), spec.attribute, spec.arguments)
        return self._file(path)

    def _path_of(self, spec: Spec) -> Path | None:
        """None: a module that is not below the directory."""
        if not spec.is_path:
            return self._module_path(spec.place)
        path = Path(os.path.normpath(self.directory / spec.place))
        if not path.exists():
            known = [name.relative_to(self.directory).as_posix() for name in python_files(self.directory)]
            raise AppError(f"There is no {spec.place} in {self.directory}.", hint=self._did_you_mean(spec.place, known))
        return path

    def _module_path(self, module: str) -> Path | None:
        parts = module.split(".")
        for root in (self.directory, self.directory / "src"):
            path = root.joinpath(*parts)
            file = path.with_name(f"{parts[-1]}.py")
            if (path / "__init__.py").exists() or (path.is_dir() and not file.exists()):
                return path
            if file.is_file():
                return file
        return None

    def _installed(self, spec: Spec) -> Target:
        """Take a module from outside the project."""
        path = installed_module(spec.place)
        search_path = (str(self.directory),)
        if path is not None and not spec.attribute:
            # What is run as `python -m name` keeps its name; where it lies is the finder's business.
            found = self._folder(path.parent, spec) if path.name == "__init__.py" else self._file(path)
            return found.but(search_path=search_path)
        if path is None:
            known = [Place.of(name).module for name in python_files(self.directory)]
            looked = f"{self.directory}, its src folder and the installed packages"
            raise AppError(f"There is no module {spec.place} in {looked}.", hint=self._did_you_mean(spec.place, known))
        place = Place(path, self.directory, spec.place)
        return self._module(place, spec.attribute, spec.arguments)

    def _folder(self, folder: Path, spec: Spec) -> Target:
        is_package = (folder / "__init__.py").exists()
        if spec.attribute:
            if not is_package:
                raise AppError(
                    f"{spec.place} is a folder that is no package: it cannot have {spec.attribute}.",
                    hint=f"Name the file: {self.command} {spec.place}/app.py:{spec.attribute}",
                )
            return self._module(Place.of(folder / "__init__.py"), spec.attribute, spec.arguments)
        if is_package or (folder / "__main__.py").exists():
            return self._one_of(self._package(folder), [folder])
        return self.anything_in(folder)

    # What lies there

    def anything_in(self, directory: Path) -> Target:
        """Look in the usual places."""
        folders = project_folders(directory)
        found = self._usual_files(directory)
        for folder in folders:
            is_package = (folder / "__init__.py").exists()
            found += self._package(folder) if is_package else self._usual_files(folder)
        if not found and (directory / "__main__.py").exists():
            found = self._package(directory)
        return self._one_of(found, [directory, *folders])

    def _usual_files(self, folder: Path) -> list[Target]:
        paths = [folder / name for name in FILES if (folder / name).is_file()]
        return [target for target in map(self._judged, paths) if target]

    def _package(self, folder: Path) -> list[Target]:
        """Its own names, then its usual files, then what `python -m` would run."""
        init, main = folder / "__init__.py", folder / "__main__.py"
        has_main = main.exists()
        if has_main and self.script:
            return [self._package_script(main)]
        if init.exists() and (attribute := self._own_attribute(init)) and not self.script:
            return [self._module(Place.of(init), attribute)]
        return self._usual_files(folder) or ([self._package_script(main)] if has_main else [])

    def _own_attribute(self, init: Path) -> str | None:
        source = self._read(init)
        names = {name: how for name, how in source.names.items() if not is_submodule(init.parent, name)}
        chosen = None if source.is_broken else choose(source.but(names=names))
        return chosen.attribute if isinstance(chosen, Import) else None

    def _judged(self, path: Path) -> Target | None:
        """The target a file makes, if it makes one."""
        source = self._read(path)
        if not self.script and (error := stranger(source, self._shown(path))):
            self.strangers.append(error)
            return None
        return self._target(source)

    def _file(self, path: Path) -> Target:
        source = self._read(path)
        title = self._shown(path)
        if path.name == "__main__.py":
            return self._package_script(path)
        if self.script:
            return self._script(source)
        if error := stranger(source, title):
            raise error
        target = self._target(source)
        if target is None:
            raise AppError(
                f"There is no Tornado application in {title}: looked for {_listed(ATTRIBUTES)}, "
                "and for a place where it starts an event loop.",
                hint=self._name_an_attribute(source, title),
            )
        return target

    def _target(self, source: Source) -> Target | None:
        is_importable = source.path.suffix == ".py" and not self.script
        match choose(source) if is_importable else Run():
            case Import(attribute):
                # A broken file may be mended into another choice: its own process looks again.
                return self._module(Place.of(source.path), None if source.is_broken else attribute)
            case Run():
                return self._script(source)
        return self._module(Place.of(source.path), None) if source.is_broken else None

    def _one_of(self, found: list[Target], looked: Iterable[Path]) -> Target:
        if len(found) == 1:
            return found[0]
        if found:
            titles = [target.title for target in found]
            raise AppError(
                f"There is more than one application: {'; '.join(titles)}.",
                hint=f"Name one: {self.command} {self._typed(found[0])}",
            )
        if self.strangers:
            raise self.strangers[0]
        places = _listed(["this folder" if folder == self.directory else self._shown(folder) for folder in looked])
        raise AppError(
            f"There is no Tornado application in {places}: looked for {_listed(FILES)} "
            f"with {_listed(ATTRIBUTES)}, or with a place where it starts an event loop.",
            hint=self._other_files(),
        )

    def _other_files(self) -> str:
        """A file of another name that would do, if there is one."""
        for path in python_files(self.directory):
            if path.name not in FILES and (target := self._judged(path)):
                return f"Name it: {self.command} {self._typed(target)}"
        return f"Name it: {self.command} path/to/file.py, or make a project: tcli new NAME"

    # What comes of it

    def _module(self, place: Place, attribute: str | None, arguments: str = "") -> Target:
        name = f"{place.module}:{attribute}" if attribute else place.module
        return Target(
            kind=Kind.MODULE,
            origin=Origin.FOUND,
            title=f"{name}({arguments})" if arguments else name,
            module=place.module,
            attribute=attribute,
            arguments=arguments,
            path=place.path,
            search_path=(str(place.root),),
        )

    def _script(self, source: Source) -> Target:
        """As `python file.py`; one that imports its own package works only as `python -m`."""
        place = Place.of(source.path)
        package, dot, _ = place.module.partition(".")
        as_module = bool(dot) and not source.imports.isdisjoint({".", package})
        return Target(
            kind=Kind.SCRIPT,
            origin=Origin.FOUND,
            title=f"{self._shown(source.path)}, a script that starts its own loop",
            module=place.module if as_module else None,
            path=source.path,
            search_path=(str(place.root if as_module else source.path.parent),),
        )

    def _package_script(self, main: Path) -> Target:
        place = Place.of(main)
        if "." not in place.module:
            # A folder with `__main__.py` and no `__init__.py`, as in `python folder`.
            return self._script(self._read(main))
        package = place.module.removesuffix(".__main__")
        return Target(
            kind=Kind.SCRIPT,
            origin=Origin.FOUND,
            title=f"python -m {package}, a package that starts its own loop",
            module=place.module,
            path=main,
            search_path=(str(place.root),),
        )

    def _read(self, path: Path) -> Source:
        try:
            return read_source(path)
        except OSError as error:
            raise AppError(f"{self._shown(path)} cannot be read: {error.strerror}.") from error

    # What to type

    def _did_you_mean(self, wanted: str, known: Iterable[str]) -> str:
        import difflib

        near = difflib.get_close_matches(wanted, list(known), n=1)
        return f"Did you mean {near[0]}?" if near else f"Name a file or a module: {self.command} path/to/file.py"

    def _name_an_attribute(self, source: Source, title: str) -> str:
        names = [name for name in source.names if not name.startswith("_")]
        near = [name for name in names if "app" in name.lower()]
        example = near[0] if near else "make_app"
        return f"If it is called otherwise, name it: {self.command} {title}:{example}"

    def _typed(self, target: Target) -> str:
        """What to type to name it."""
        assert target.path is not None
        path = self._shown(target.path)
        return f"{path}:{target.attribute}" if target.attribute else path

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.directory).as_posix() if path.is_relative_to(self.directory) else str(path)


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
