"""The settings of `tcli serve`."""

import sys

from tornado_cli.config.options import option
from tornado_cli.config.serving import ServingConfig


class ServeConfig(ServingConfig, kw_only=True):
    """Settings of `tcli serve`: resolved once, then only read."""

    env_file: str = option(
        "--env-file",
        default=".env",
        metavar="FILE",
        help="Variables for the application, besides the environment's; '' for none.",
    )
    debug: bool = option(
        "--debug", default=False, help="Show tracebacks in the browser, and at /__tcli__/ the requests of this run."
    )
    debug_remote: bool = option(
        "--debug-remote", default=False, help="Let other machines use what else only this one may: source, live reload."
    )
    livereload: bool = option(
        "--livereload/--no-livereload", default=True, help="Have open pages follow the files of the project."
    )
    forward_console: bool = option(
        "--forward-console", default=False, help="Show errors of the browser's console in the terminal."
    )
    show_locals: bool = option(
        "--show-locals", default=False, help="With --debug, show the values of variables beside the source."
    )
    editor: str = option(
        "--editor",
        default="",
        metavar="NAME",
        help="Editor that links in error pages open: vscode, pycharm, ... or a URL with {path} and {line}.",
    )
    open: bool = option("--open", default=False, help="Open a browser when the application is ready.")
    strict_port: bool = option("--strict-port", default=False, help="Fail when the port is taken, take no other.")
    warm: bool = option(
        "--warm/--no-warm",
        default=sys.platform != "darwin",
        help="Import what the application uses of others ahead; else each start is a fresh interpreter.",
    )
    reload_grace: float = option(
        "--reload-grace",
        default=1.0,
        metavar="SECONDS",
        minimum=0,
        help="Seconds the old process has to finish its requests.",
    )
    watch: tuple[str, ...] = option(
        "--watch", default=(), metavar="PATH", help="A file, or a folder with all in it, to watch as well; repeatable."
    )
    ignore: tuple[str, ...] = option(
        "--ignore", default=(), metavar="GLOB", help="What is not to be watched, as in .gitignore; repeatable."
    )
    poll: bool = option("--poll", default=False, help="Look for changes again and again, ask no system to tell.")
    poll_interval: float = option(
        "--poll-interval", default=0.5, metavar="SECONDS", minimum=0.05, help="Seconds between two looks."
    )
    blocked_after: float = option(
        "--blocked-after",
        default=0.1,
        metavar="SECONDS",
        minimum=0,
        help="Tell what holds the event loop for longer; 0 never.",
    )
