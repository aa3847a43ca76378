"""Variables that are meant for tcli and are none of its own: typed wrong, they would be passed over in silence."""

from collections.abc import Mapping

from tornado_cli.records import Record

_OURS = "TCLI_"
_PREFIXES = ("TCLI_SERVE_", "TCLI_RUN_")
_NEAR = 0.8
"""From here on a name is taken for a misspelling of another: `TCLI_PORT` for `TCLI_RUN_PORT`."""


class StrangeVariable(Record):
    name: str
    near: str
    """The nearest one that exists, if any is near."""

    @property
    def message(self) -> str:
        return f"The variable {self.name} is not a setting."

    @property
    def hint(self) -> str:
        return f"Did you mean {self.near}?" if self.near else "tcli serve --help and tcli run --help list the settings."


def strange_variables(environ: Mapping[str, str]) -> list[StrangeVariable]:
    """Return those that look like settings and are none, of either command.

    What merely begins with TCLI_ and resembles nothing of ours is somebody else's.
    """
    ours = [name for name, value in environ.items() if value and name.startswith(_OURS)]
    if not ours:
        return []
    import difflib

    known = _known()
    names = [name for name in ours if name not in known]
    found = [StrangeVariable(name, next(iter(difflib.get_close_matches(name, known, 1, _NEAR)), "")) for name in names]
    return [one for one in found if one.near or one.name.startswith(_PREFIXES)]


def about_misplaced_settings(variables: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """Say which settings of ours an env file has added to `environ`, if any: they come too late to be settings."""
    added = [name for name in variables if name.startswith(_OURS) and name not in environ]
    known = _known() if added else []
    names = sorted(name for name in added if name in known)
    if not names:
        return ""
    return f"{', '.join(names)} in the env file is the application's: tcli reads the environment and pyproject.toml."


def _known() -> list[str]:
    """Return the names that mean something, as they are declared in `config.options`."""
    # Of both commands: each has the settings of one only, and mostly there is nothing to look up.
    from tornado_cli.config.run import RunConfig
    from tornado_cli.config.serve import ServeConfig

    options = [
        f"{prefix}{name}".upper()
        for prefix, names in zip(_PREFIXES, (ServeConfig.options, RunConfig.options), strict=True)
        for name in names
    ]
    return ["TCLI_APP", *options]
