"""What click makes of declared settings, and what the command line, variables and the settings file make of them."""

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

import click

from tornado_cli.config.options import Config, Option
from tornado_cli.config.sources import PYPROJECT, Settings, check_table, find_settings, working_directory
from tornado_cli.errors import UsageError


class WholeNumber(click.IntRange):
    """A range whose messages say what people say."""

    name = "whole number"


class Number(click.FloatRange):
    """As WholeNumber."""

    name = "number"


class SettingsCommand(click.Command):
    """A command whose defaults come from `[tool.tcli.<command>]`, and which hands on what stands behind `--`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta["typed"] = tuple(args)
        if "--" in args:
            cut = args.index("--")
            args, ctx.meta["arguments"] = args[:cut], tuple(args[cut + 1 :])
        bare = {flag: one.bare for one in self.params if isinstance(one, _BareOption) for flag in one.opts}
        args = _with_bare_values(args, bare)
        fault = self._read_settings(ctx)
        try:
            rest = super().parse_args(ctx, args)
        except click.BadParameter as error:
            error.param_hint = error.param_hint or _place_of_value(ctx, error.param)
            raise
        if fault is not None:
            # Not before: --help answers also where the settings are broken.
            raise fault
        return rest

    def _read_settings(self, ctx: click.Context) -> UsageError | None:
        command = ctx.info_name or ""
        try:
            settings = find_settings(working_directory())
            check_table(
                settings, command, {key: _type_of(option) for option in self.params if (key := _key_of(option))}
            )
        except UsageError as error:
            return error
        ctx.meta[Settings.__name__] = settings
        ctx.default_map = {key.replace("-", "_"): value for key, value in settings.table_of(command).items()}
        return None


def _with_bare_values(args: list[str], bare: Mapping[str, int]) -> list[str]:
    """Give options that stand alone their values; what follows is theirs only if it is a number."""
    return [
        f"{one}={bare[one]}" if one in bare and not following.isdecimal() else one
        for one, following in zip(args, [*args[1:], ""], strict=False)
    ]


class _BareOption(click.Option):
    """One that may stand alone, without its value."""

    def __init__(self, *declarations: Any, bare: int, **details: Any) -> None:
        super().__init__(*declarations, **details)
        self.bare = bare


def options_of(config_type: type[Config]) -> Callable[[Callable[[Any], None]], Callable[..., None]]:
    """Give a command the options of a config class, and call it with one config, resolved."""

    def decorate(function: Callable[[Any], None]) -> Callable[..., None]:
        command = function.__name__

        @functools.wraps(function)
        def called(**_values: Any) -> None:
            function(_config_of(config_type, click.get_current_context()))

        hints = get_type_hints(config_type)
        result: Callable[..., None] = called
        for name, declared in reversed(list(config_type.options.items())):
            result = _click_option(command, name, declared, hints[name])(result)
        return click.argument("app", required=False, default="")(result)

    return decorate


def _config_of(config_type: type[Config], context: click.Context) -> Any:
    return config_type(
        arguments=context.meta.get("arguments", ()),
        given={name: source for name in context.params if (source := _source_of(context, name))},
        **context.params,
    )


def reader_of_settings(config_type: type[Config]) -> Callable[[], tuple[Any, Settings]]:
    """Return what reads the running command's settings once more: the same flags, the file as it is then.

    Calling it raises UsageError for a file that has become wrong.
    """
    context = click.get_current_context()

    def read() -> tuple[Any, Settings]:
        try:
            with context.command.make_context(context.info_name, list(context.meta["typed"])) as again:
                return _config_of(config_type, again), _settings_of(again)
        except click.ClickException as error:
            raise UsageError(error.format_message()) from error

    return read


def settings_of_command() -> Settings:
    """Return the settings file that the running command found."""
    return _settings_of(click.get_current_context())


def _settings_of(context: click.Context) -> Settings:
    settings = context.meta[Settings.__name__]
    assert isinstance(settings, Settings)
    return settings


def _source_of(context: click.Context, name: str) -> str:
    """Return where a value comes from; nothing for a default."""
    source = context.get_parameter_source(name)
    if source is click.core.ParameterSource.ENVIRONMENT:
        variables = next(parameter.envvar or () for parameter in context.command.params if parameter.name == name)
        return next((variable for variable in variables if os.environ.get(variable)), "environment")
    return (
        {
            click.core.ParameterSource.COMMANDLINE: "command line",
            click.core.ParameterSource.DEFAULT_MAP: PYPROJECT,
        }.get(source, "")
        if source is not None
        else ""
    )


def _key_of(parameter: click.Parameter) -> str:
    """Return the pyproject key: the long flag without its dashes."""
    long_flags = [flag for flag in parameter.opts if flag.startswith("--")]
    return long_flags[0].removeprefix("--") if long_flags else ""


def _type_of(parameter: click.Parameter) -> type:
    """Return which type a value in pyproject.toml has to be of."""
    if isinstance(parameter, click.Option) and (parameter.multiple or parameter.is_flag):
        return list if parameter.multiple else bool
    if isinstance(parameter.type, click.types.IntParamType):
        return int
    return float if isinstance(parameter.type, click.types.FloatParamType) else str


def _place_of_value(context: click.Context, parameter: click.Parameter | None) -> str | None:
    """Return where a value stands; None: on the command line."""
    source = None if parameter is None else context.get_parameter_source(parameter.name or "")
    if parameter is None or source is None:
        return None
    if source is click.core.ParameterSource.ENVIRONMENT:
        return next((name for name in parameter.envvar or () if os.environ.get(name)), None)
    if source is click.core.ParameterSource.DEFAULT_MAP:
        return _settings_of(context).place_of(_key_of(parameter), f"tool.tcli.{context.info_name}")
    return None


def _click_option(command: str, name: str, declared: Option, hint: Any) -> Callable[[Any], Any]:
    many = hint == tuple[str, ...]
    kind: dict[str, Any] = {} if declared.bare is None else {"cls": _BareOption, "bare": declared.bare}
    return click.option(
        *declared.flags,
        name,
        default=declared.default,
        multiple=many,
        is_flag=hint is bool,
        type=None if hint is bool else _click_type(declared, str if many else hint),
        help=declared.help,
        metavar=declared.metavar,
        show_default=bool(declared.default) and hint is not bool,
        envvar=[f"TCLI_{command}_{name}".upper(), *declared.envvar],
        **kind,
    )


def _click_type(declared: Option, hint: Any) -> Any:
    if declared.choices:
        return click.Choice(declared.choices)
    if declared.minimum is None and declared.maximum is None:
        return hint
    return (
        Number(declared.minimum, declared.maximum)
        if hint is float
        else WholeNumber(_whole(declared.minimum), _whole(declared.maximum))
    )


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)
