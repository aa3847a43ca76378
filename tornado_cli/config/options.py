"""A setting declared once, as a field: flag, variable, pyproject key and help all follow from it."""

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

import click

from tornado_cli.config.sources import Settings, check_keys, find_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What click is told of a field."""

    flags: tuple[str, ...]
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    envvar: tuple[str, ...] = ()
    """Variables that count when `TCLI_<COMMAND>_<OPTION>` is not set."""
    metavar: str | None = None


def option(*flags: str, default: Any, help: str, **details: Any) -> Any:  # noqa: A002 - click's own word.
    """Declare a setting. `details` are the further fields of Option."""
    return dataclasses.field(default=default, metadata={"option": Option(flags=flags, help=help, **details)})


class SettingsCommand(click.Command):
    """A command whose defaults come from `[tool.tcli.<command>]`, and which hands on what stands behind `--`."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        settings = find_settings(Path.cwd())
        table = settings.table_of(info_name or "")
        check_keys(settings, info_name or "", [name for name in map(_key_of, self.params) if name])
        extra.setdefault("default_map", {key.replace("-", "_"): value for key, value in table.items()})
        context = super().make_context(info_name, args, parent, **extra)
        context.meta[Settings.__name__] = settings
        return context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            cut = args.index("--")
            args, ctx.meta["arguments"] = args[:cut], tuple(args[cut + 1 :])
        return super().parse_args(ctx, args)


def options_of(config_type: type[Any]) -> Callable[[Callable[[Any], None]], Callable[..., None]]:
    """Give a command the options of a config class, and call it with one config, resolved."""

    def decorate(function: Callable[[Any], None]) -> Callable[..., None]:
        command = function.__name__

        @functools.wraps(function)
        def called(**values: Any) -> None:
            context = click.get_current_context()
            function(
                config_type(
                    arguments=context.meta.get("arguments", ()),
                    given=frozenset(name for name in values if _is_given(context, name)),
                    **values,
                )
            )

        hints = get_type_hints(config_type)
        result: Callable[..., None] = called
        for field in reversed([f for f in dataclasses.fields(config_type) if "option" in f.metadata]):
            result = _click_option(command, field, hints[field.name])(result)
        return click.argument("app", required=False, default="")(result)

    return decorate


def settings_of_command() -> Settings:
    """Return the settings file that the running command found."""
    settings = click.get_current_context().meta[Settings.__name__]
    assert isinstance(settings, Settings)
    return settings


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) not in {click.core.ParameterSource.DEFAULT, None}


def _key_of(parameter: click.Parameter) -> str:
    """Return the pyproject key: the long flag without its dashes."""
    long_flags = [flag for flag in parameter.opts if flag.startswith("--")]
    return long_flags[0].removeprefix("--") if long_flags else ""


def _click_option(command: str, field: dataclasses.Field[Any], hint: Any) -> Callable[[Any], Any]:
    declared: Option = field.metadata["option"]
    many = hint == tuple[str, ...]
    return click.option(
        *declared.flags,
        field.name,
        default=field.default,
        multiple=many,
        is_flag=hint is bool,
        type=None if hint is bool else _click_type(declared, str if many else hint),
        help=declared.help,
        metavar=declared.metavar,
        show_default=bool(field.default) and hint is not bool,
        envvar=[f"TCLI_{command}_{field.name}".upper(), *declared.envvar],
    )


def _click_type(declared: Option, hint: Any) -> Any:
    if declared.choices:
        return click.Choice(declared.choices)
    if declared.minimum is None and declared.maximum is None:
        return hint
    return (
        click.FloatRange(declared.minimum, declared.maximum)
        if hint is float
        else click.IntRange(_whole(declared.minimum), _whole(declared.maximum))
    )


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)
