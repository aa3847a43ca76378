"""`tcli cert`: certificates for development are made here, and any are checked."""

from pathlib import Path

import click

from tornado_cli.errors import ExitCode, UsageError
from tornado_cli.system.platform import require_owners

_HELP = {"help_option_names": ["-h", "--help"]}
_FILE = click.Path(path_type=Path)
_SUFFIXES = frozenset({".pem", ".crt", ".cer", ".key"})
"""What is meant to be a file, even if there is none."""
_name = click.option("--name", "names", metavar="HOST", multiple=True, help="Host that it is for; repeatable.")


@click.group(invoke_without_command=True, context_settings=_HELP)
@_name
@click.pass_context
def cert(context: click.Context, names: tuple[str, ...]) -> None:
    """Make and check certificates.

    Without a command it makes one for this machine, signed by an authority of its own, or shows the one that is there.
    """
    require_owners("cert")
    if context.invoked_subcommand is not None:
        if names:
            raise click.UsageError(f"--name stands behind {context.invoked_subcommand}.")
        return
    from tornado_cli.system.certificates.kept import kept, made_for
    from tornado_cli.system.certificates.telling import told_of_made

    made = made_for(names or ["localhost"])
    click.echo(told_of_made(made, kept()))


@cert.command(name="list", context_settings=_HELP)
def list_() -> None:
    """List what has been made."""
    from tornado_cli.system.certificates.kept import kept
    from tornado_cli.system.certificates.telling import told_of_kept

    click.echo(told_of_kept(kept()))


@cert.command(context_settings=_HELP)
@_name
@click.option("--authority", is_flag=True, help="Make new authorities, too; they have to be trusted anew.")
def renew(names: tuple[str, ...], authority: bool) -> None:
    """Make them anew, all or by name.

    Without being told, tcli does so two weeks before they end.
    """
    from tornado_cli.system.certificates.kept import kept, renew
    from tornado_cli.system.certificates.telling import told_of_kept

    renew(names, with_authorities=authority)
    click.echo(told_of_kept(kept()))


@cert.command(context_settings=_HELP)
@_name
def remove(names: tuple[str, ...]) -> None:
    """Remove them, by name or all.

    With all of them go the authorities.
    """
    from tornado_cli.system.certificates.kept import remove

    removed = remove(names)
    click.echo("\n".join(f"Removed {path}" for path in removed) or "There was nothing.")
    if any(path.stem == "authority" for path in removed):
        click.echo("Who was told to trust it can forget it: tcli cert trust --undo")


@cert.command(context_settings=_HELP)
@click.option("--undo", is_flag=True, help="Show how it is forgotten.")
def trust(undo: bool) -> None:
    """Show how they are trusted.

    Nothing is run: it shows what to type.
    """
    from tornado_cli.system.certificates.kept import authorities, authorities_ever
    from tornado_cli.system.certificates.telling import this_machine, told_of_trust

    chosen = authorities_ever() if undo else authorities(made=True)
    click.echo(told_of_trust(chosen, this_machine(), forget=undo))


@cert.command(context_settings=_HELP)
@click.argument("target", metavar="HOST[:PORT]|FILE")
@click.option("--name", "names", metavar="HOST", multiple=True, help="Host that it has to be for; repeatable.")
@click.option("--keyfile", type=_FILE, metavar="FILE", help="The key of a file, if it is not in there.")
@click.option("--keyfile-password-file", type=_FILE, metavar="FILE", help="File with the password of the key.")
@click.option("--ca-file", type=_FILE, metavar="FILE", help="Trust this authority, too.")
def check(
    target: str,
    names: tuple[str, ...],
    keyfile: Path | None,
    keyfile_password_file: Path | None,
    ca_file: Path | None,
) -> ExitCode:
    """Check a host that is live, or a file.

    It ends with 1 when something is to be mended.
    """
    from tornado_cli.checks.findings import code_of
    from tornado_cli.checks.report import as_text

    if Path(target).exists() or Path(target).suffix in _SUFFIXES:
        from tornado_cli.checks.certificate_file import check_file

        if ca_file is not None:
            raise UsageError("--ca-file is for a host.", hint="Whether a file is trusted is seen where it is served.")
        report = check_file(Path(target), keyfile, keyfile_password_file, names)
    else:
        from tornado_cli.checks.tls_host import check_host, place_of
        from tornado_cli.system.certificates.kept import authorities_if_any

        place = place_of(target)
        if keyfile is not None or keyfile_password_file is not None:
            raise UsageError("--keyfile is for a file.", hint=f"Is {target} meant to be one? There is none.")
        report = check_host(place, names, [] if ca_file is None else [ca_file], authorities_if_any())
    click.echo(as_text(report))
    return code_of(report.findings)
