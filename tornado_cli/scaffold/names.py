"""Judges a project's name: what is wrong with it, and one that would do."""

import importlib.machinery
import keyword
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST = 50
FALLBACK = "my-app"
# Names that mean something else in the made project: what it depends on, and its own folders.
DEPENDENCIES = frozenset(
    {
        "aio_pika",
        "aiomysql",
        "aiosqlite",
        "alembic",
        "argon2",
        "argon2_cffi",
        "asyncpg",
        "bson",
        "fakeredis",
        "hatchling",
        "mypy",
        "opentelemetry",
        "opentelemetry_exporter_otlp_proto_http",
        "opentelemetry_instrumentation_tornado",
        "opentelemetry_sdk",
        "prometheus_client",
        "pre_commit",
        "pydantic",
        "pydantic_settings",
        "pymongo",
        "pytest",
        "python_multipart",
        "redis",
        "ruff",
        "sqlalchemy",
        "tornado",
    }
)
FOLDERS = frozenset({"src", "tests"})
# `test` is a package of the standard library that sys.stdlib_module_names leaves out.
STDLIB = sys.stdlib_module_names | {"test"}
TOOLS = frozenset({"pip", "python", "setuptools", "tornado_cli", "wheel"})
WINDOWS_DEVICES = frozenset({"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)})
MEANINGS = (
    (frozenset({*keyword.kwlist, *keyword.softkwlist}), "is a word of the Python language"),
    (STDLIB, "is a module of Python's standard library"),
    (DEPENDENCIES, "is something the project itself depends on"),
    (FOLDERS, "is a folder of every project"),
    (TOOLS, "is a name that Python's own tools need"),
    (WINDOWS_DEVICES, "is the name of a device on Windows"),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a name will not do, as the end of a sentence that begins with the name."""

    text: str
    suggestion: str


def package_of(name: str) -> str:
    """The word that Python imports."""
    return name.replace("-", "_")


def problem_with(name: str) -> Problem | None:
    """What is wrong with `name` wherever it is used; None when it will do."""
    text = fault_of_form(name) or fault_of_meaning(package_of(name))
    return Problem(text, suggestion_for(name)) if text else None


def problem_with_package(package: str) -> Problem | None:
    """As `problem_with`, for a package that is named apart from its project."""
    if "-" in package:
        return Problem("has a -, which no Python name may have", package_of(suggestion_for(package)))
    problem = problem_with(package)
    return Problem(problem.text, package_of(problem.suggestion)) if problem else None


def fault_of_form(name: str) -> str:
    if not name:
        return "is empty"
    if not name.isascii():
        return "has letters that are not plain a-z"
    if re.search(r"[^A-Za-z0-9_-]", name):
        return "has characters other than letters, digits, - and _"
    if name != name.lower():
        return "has capital letters, which some file systems cannot tell from small ones"
    if not name[0].isalpha():
        return "does not begin with a letter"
    if not name[-1].isalnum():
        return "does not end with a letter or digit"
    if re.search(r"[_-]{2}", name):
        return "has two of - and _ in a row"
    if len(name) > LONGEST:
        return f"has more than {LONGEST} characters"
    return ""


def fault_of_meaning(package: str) -> str:
    return next((meaning for words, meaning in MEANINGS if package in words), "")


def suggestion_for(name: str) -> str:
    """A name as near to `name` as can be that has no problem."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    near = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-")
    prefixed = f"my-{near}"[:LONGEST].strip("-")
    good = (
        word for word in (near, prefixed) if near and not fault_of_form(word) and not fault_of_meaning(package_of(word))
    )
    return next(good, FALLBACK)


def installed_at(package: str, path: Sequence[str] | None = None) -> str | None:
    """Where this interpreter would import `package` from if it stood elsewhere: a project of that name would hide it.

    Imports nothing.
    """
    here = Path.cwd()
    entries = [entry for entry in (sys.path if path is None else path) if entry and Path(entry).absolute() != here]
    spec = importlib.machinery.PathFinder.find_spec(package, entries)
    if spec is None:
        return None
    return spec.origin or next(iter(spec.submodule_search_locations or ()), "")
