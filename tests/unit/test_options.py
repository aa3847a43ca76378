import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from tornado_cli.config.command_line import SettingsCommand, options_of, settings_of_command
from tornado_cli.config.options import Config, option
from tornado_cli.config.run import RunConfig
from tornado_cli.config.serve import ServeConfig
from tornado_cli.config.serving import ServingConfig


class Caught(Exception):  # noqa: N818 - not a failure: it carries out what a command was called with.
    def __init__(self, config: Any, app_of_settings: str) -> None:
        super().__init__()
        self.config = config
        self.app_of_settings = app_of_settings


@click.command(cls=SettingsCommand)
@options_of(RunConfig)
def run(config: RunConfig) -> None:
    raise Caught(config, settings_of_command().app)


@click.command(cls=SettingsCommand)
@options_of(ServeConfig)
def serve(config: ServeConfig) -> None:
    raise Caught(config, settings_of_command().app)


def config_of(command: click.Command, *arguments: str, env: Mapping[str, str] | None = None) -> Any:
    result = CliRunner().invoke(command, arguments, env={"PORT": None, "WEB_CONCURRENCY": None, **(env or {})})
    assert isinstance(result.exception, Caught), result.output
    return result.exception.config


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settle(text: str) -> None:
    Path("pyproject.toml").write_text(text)


PORT_SOURCES: dict[str, int] = {
    "flag": 5001,
    "TCLI_RUN_PORT": 5002,
    "PORT": 5003,
    "pyproject": 5004,
    "default": 8000,
}


@pytest.mark.parametrize("first", range(len(PORT_SOURCES)))
def test_a_setting_is_taken_from_the_first_place_that_has_it(first: int) -> None:
    places: list[str] = list(PORT_SOURCES)[first:]
    if "pyproject" in places:
        settle(f"[tool.tcli.run]\nport = {PORT_SOURCES['pyproject']}\n")
    env: dict[str, str] = {name: str(PORT_SOURCES[name]) for name in ("TCLI_RUN_PORT", "PORT") if name in places}
    arguments = ["--port", str(PORT_SOURCES["flag"])] if "flag" in places else []
    config = config_of(run, *arguments, env=env)
    assert config.port == PORT_SOURCES[places[0]]
    expected = {"flag": "command line", "pyproject": "pyproject.toml", "default": None}
    assert config.given.get("port") == expected.get(places[0], places[0])


def test_each_command_has_variables_and_a_table_of_its_own() -> None:
    settle("[tool.tcli.run]\nport = 5004\n[tool.tcli.serve]\nport = 5005\n")
    env = {"TCLI_SERVE_HOST": "::1"}
    assert (config_of(serve, env=env).port, config_of(serve, env=env).host) == (5005, "::1")
    assert (config_of(run, env=env).port, config_of(run, env=env).host) == (5004, "127.0.0.1")


def test_the_number_of_workers_is_also_what_web_concurrency_says() -> None:
    assert config_of(run, env={"WEB_CONCURRENCY": "3"}).workers == 3
    assert config_of(run, env={"WEB_CONCURRENCY": "3", "TCLI_RUN_WORKERS": "4"}).workers == 4


def test_an_empty_variable_counts_as_none() -> None:
    assert config_of(run, env={"PORT": "", "TCLI_RUN_PORT": ""}).port == 8000


def test_flags_of_two_sides_are_settled_by_one_key() -> None:
    settle("[tool.tcli.run]\naccess-log = false\nssl = true\n")
    assert (config_of(run).access_log, config_of(run).ssl) == (False, True)
    assert config_of(run, "--access-log").access_log is True
    assert config_of(serve, env={"TCLI_SERVE_ACCESS_LOG": "no"}).access_log is False


def test_a_setting_that_repeats_is_a_list_in_the_file_and_words_in_a_variable() -> None:
    settle('[tool.tcli.run]\nlog-level = ["info", "shop=debug"]\n')
    assert config_of(run).log_level == ("info", "shop=debug")
    assert config_of(run, env={"TCLI_RUN_LOG_LEVEL": "error shop=info"}).log_level == ("error", "shop=info")
    assert config_of(run, "--log-level", "error", "--log-level", "a=info").log_level == ("error", "a=info")


def test_what_stands_behind_two_dashes_is_the_scripts() -> None:
    config = config_of(run, "main.py", "--port", "1", "--", "--port", "2", "--", "x")
    assert (config.app, config.port, config.arguments) == ("main.py", 1, ("--port", "2", "--", "x"))
    assert config_of(run).arguments == ()


def test_settings_of_the_nearest_project_above_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle('[tool.tcli]\napp = "shop:make_app"\n')
    (tmp_path / "src" / "shop").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "src" / "shop")
    result = CliRunner().invoke(run)
    assert isinstance(result.exception, Caught)
    assert result.exception.app_of_settings == "shop:make_app"


def test_given_says_where_each_setting_comes_from_that_is_not_at_its_default() -> None:
    settle("[tool.tcli.run]\nbacklog = 5\n")
    config = config_of(run, "app.py", "-w", "1", env={"TCLI_RUN_HOST": "::1"})
    assert config.given == {
        "app": "command line",
        "workers": "command line",
        "host": "TCLI_RUN_HOST",
        "backlog": "pyproject.toml",
    }


@pytest.mark.parametrize("kind", [ServeConfig, RunConfig])
def test_a_config_survives_its_way_to_another_process(kind: type[ServingConfig]) -> None:
    config = kind(app="app.py", arguments=("a", "b"), given={"port": "PORT"}, log_level=("info",), port=1)
    assert kind.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert kind.from_dict(json.loads(json.dumps(kind().to_dict()))) == kind()


@pytest.mark.parametrize(("command", "kind"), [(serve, ServeConfig), (run, RunConfig)])
def test_a_command_without_anything_has_the_defaults_of_its_class(command: click.Command, kind: Any) -> None:
    assert config_of(command).but(given={}) == kind()


@pytest.mark.parametrize("kind", [ServeConfig, RunConfig])
def test_every_setting_says_what_it_is_in_a_sentence(kind: type[ServingConfig]) -> None:
    for declared in kind.options.values():
        assert declared.help.endswith("."), declared
        assert declared.flags[-1].startswith("--"), declared


def test_a_setting_is_declared_once() -> None:
    class MoveConfig(Config, kw_only=True):
        app: str = ""
        arguments: tuple[str, ...] = ()
        given: Mapping[str, str] = {}
        speed: float = option("--speed", default=1.5, help="How fast.", minimum=0)

    @click.command(cls=SettingsCommand)
    @options_of(MoveConfig)
    def move(config: MoveConfig) -> None:
        raise Caught(config, "")

    settle("[tool.tcli]\n")
    assert config_of(move, "--speed", "2").speed == 2.0
    assert config_of(move, env={"TCLI_MOVE_SPEED": "3"}).speed == 3.0
    assert config_of(move).speed == 1.5
    shown = CliRunner().invoke(move, ["--help"]).output
    assert "How fast." in shown
    assert "default: 1.5" in shown


@pytest.mark.parametrize(
    ("typed", "seconds", "app"),
    [
        (["--hsts", "main.py"], 63_072_000, "main.py"),
        (["main.py", "--hsts"], 63_072_000, "main.py"),
        (["--hsts", "--ssl"], 63_072_000, ""),
        (["--hsts=60", "main.py"], 60, "main.py"),
        (["--hsts", "60", "main.py"], 60, "main.py"),
        (["main.py"], 0, "main.py"),
    ],
)
def test_an_option_that_may_stand_alone_takes_no_word_for_its_value(typed: list[str], seconds: int, app: str) -> None:
    config = config_of(run, *typed)
    assert (config.hsts, config.app) == (seconds, app)
