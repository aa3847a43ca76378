"""What the documents say is so: options and defaults, commands, examples, links."""

import importlib
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from support.project import write
from support.server_process import ServerProcess

from tornado_cli.cli import COMMANDS
from tornado_cli.config.run import RunConfig
from tornado_cli.config.serve import ServeConfig
from tornado_cli.config.serving import ServingConfig
from tornado_cli.config.sources import COMMANDS_WITH_SETTINGS, Settings, check_table
from tornado_cli.errors import ExitCode

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCUMENTS = [README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
CONFIGS: dict[str, type[ServingConfig]] = {"serve": ServeConfig, "run": RunConfig}
GROUP_FLAGS = {"--help", "-h", "--version"}
# Of other programs, and of applications in examples.
FOREIGN_FLAGS = {
    *("--listen", "--wait-for-client"),  # debugpy
    *("--webroot", "--webroot-path"),  # certbot
    *("--mozilla", "--severity"),  # sslyze, testssl
    *("--greeting", "--quiet"),
}

FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INDENTED_COMMAND = re.compile(r"^    (tcli .*)$", re.MULTILINE)
QUOTED_COMMAND = re.compile(r"`(tcli [^`]*)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")
ROW = re.compile(r"^\| (`-.*?) \| (.*?) \| (.*?) ?\|$", re.MULTILINE)


def command_called(name: str) -> click.Command:
    command = getattr(importlib.import_module(COMMANDS[name][0]), name)
    assert isinstance(command, click.Command)
    return command


def flags_of(name: str) -> set[str]:
    command = command_called(name)
    commands = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    options = [param for one in commands for param in one.params if isinstance(param, click.Option)]
    return {flag for option in options for flag in (*option.opts, *option.secondary_opts)}


def section(name: str) -> str:
    """The part of README.md about the options of a command, and that about options it shares."""
    parts = re.split(r"^#+ ", README.read_text(), flags=re.MULTILINE)
    return "".join(part for part in parts if f"`tcli {name}" in part.partition("\n")[0])


def blocks(language: str) -> list[Any]:
    return [
        pytest.param(text, id=f"{document.name}-{number}")
        for document in DOCUMENTS
        for number, (kind, text) in enumerate(FENCE.findall(document.read_text()))
        if kind == language
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_has_each_option_of_a_command_and_no_other(name: str) -> None:
    shown = {flag for flags, _, _ in ROW.findall(section(name)) for flag in re.findall(r"`(-[-\w]+)`", flags)}
    assert shown == flags_of(name)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_readme_has_the_defaults_that_are_declared(name: str) -> None:
    shown = {flags: default.strip("`") for flags, _, default in ROW.findall(section(name))}
    for option in CONFIGS[name].options.values():
        default, flag = option.default, option.flags[-1]
        if isinstance(default, bool) or default in {"", ()}:
            continue
        cell = next(cell for flags, cell in shown.items() if f"`{flag}`" in flags)
        assert cell == (f"{default:g}" if isinstance(default, float) else str(default)), flag


def test_no_document_names_an_option_that_does_not_exist() -> None:
    known = {*GROUP_FLAGS, *FOREIGN_FLAGS}.union(*(flags_of(name) for name in COMMANDS))
    unknown = {flag: document.name for document in DOCUMENTS for flag in FLAG.findall(document.read_text())}
    assert {flag: name for flag, name in unknown.items() if flag not in known} == {}


def test_every_command_in_a_document_can_be_typed() -> None:
    for document in DOCUMENTS:
        text = document.read_text()
        for line in INDENTED_COMMAND.findall(text) + QUOTED_COMMAND.findall(text):
            words = shlex.split(line.replace("[", "").replace("]", ""), comments=True)[1:]
            ours = words[: words.index("--")] if "--" in words else words
            if ours[0].startswith("-") or not ours[0].isalpha():
                continue
            assert ours[0] in COMMANDS, line
            assert {word for word in ours if word.startswith("-")} <= flags_of(ours[0]) | GROUP_FLAGS, line


def test_the_readme_names_every_command() -> None:
    for name in COMMANDS:
        assert f"tcli {name}" in README.read_text()


def test_the_readme_has_the_exit_codes() -> None:
    table = README.read_text().partition("| code | meaning |")[2]
    assert re.findall(r"^\| (\d+) \|", table, re.MULTILINE) == [str(int(code)) for code in ExitCode]


def test_nobody_is_told_to_install_what_belongs_to_others() -> None:
    for document in [*DOCUMENTS, *(ROOT / "templates_scaffold").rglob("*.md")]:
        assert re.search(r"(pip|uv|pipx) (install|add) (tcli|tornado-cli|tornado-tcli)\b", document.read_text()) is None


def test_links_between_documents_lead_somewhere() -> None:
    for document in DOCUMENTS:
        for link in LINK.findall(document.read_text()):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_targets_of_make_that_documents_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        assert set(re.findall(r"(?:^    |`)make ([a-z-]+)", document.read_text(), re.MULTILINE)) <= targets


@pytest.mark.parametrize("text", blocks("toml"))
def test_settings_in_documents_are_settings(text: str) -> None:
    settings = Settings(ROOT, text, tomllib.loads(text)["tool"]["tcli"])
    types = {str: str, float: float, int: int, bool: bool, tuple: list}
    for name in COMMANDS_WITH_SETTINGS:
        options = CONFIGS[name].options
        known = {field.replace("_", "-"): types[type(option.default)] for field, option in options.items()}
        check_table(settings, name, known)


@pytest.mark.parametrize("text", blocks("python"))
def test_an_application_in_a_document_is_served(text: str, tmp_path: Path) -> None:
    name = text.partition("\n")[0].removeprefix("# ")
    write(tmp_path, {name: text})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get("/").status == 200
        assert server.stop() == 0
