"""What people read of the certificates."""

import logging
from collections.abc import Iterator, Sequence

from tornado_cli.errors import TcliError, as_sentences
from tornado_cli.logs.events import event
from tornado_cli.run.certificates.sources import Held
from tornado_cli.system.addresses import is_loopback
from tornado_cli.system.tls.credentials import Credentials
from tornado_cli.system.tls.server_names import ServerNames

logger = logging.getLogger("tornado_cli.run")


def warn(text: str) -> None:
    event(logger, logging.WARNING, "certificate", text)


def taken(name: str, new: Held) -> None:
    """Tell that another certificate, or other authorities, count from now on."""
    if not isinstance(new, Credentials):
        text = f"{name} has changed: clients are judged by it from now on."
        event(logger, logging.INFO, "authorities_changed", text, file=name)
        return
    names, until = ", ".join(new.names) or "nobody", f"{new.not_after:%Y-%m-%d}"
    text = f"The certificate in {name} has changed: the new one, for {names}, until {until}, is served now."
    serial = f"{new.serial:x}"
    event(logger, logging.INFO, "certificate_changed", text, file=name, serial=serial, names=list(new.names))


def dropped(name: str) -> None:
    event(logger, logging.INFO, "certificate_dropped", f"{name} has gone; it is served no more.", file=name)


def refused(name: str, reason: str, *, is_served: bool) -> None:
    """Tell that what was written cannot be served."""
    stays = "What was served before stays" if is_served else "It is not served"
    event(logger, logging.ERROR, "certificate_refused", as_sentences(f"{stays}: {reason}"), file=name)


def failed(error: OSError) -> None:
    text = f"New certificates cannot be handed to the workers yet: {error}."
    event(logger, logging.ERROR, "certificate_failed", text)


def reason_of(fault: TcliError) -> str:
    return as_sentences(str(fault), fault.hint)


def about_names(pairs: Sequence[Credentials]) -> Iterator[str]:
    """Say which names are in several certificates: only one of them is ever served for it."""
    what = [pair.periods[0].what for pair in pairs]
    for name, served, other in ServerNames([pair.names for pair in pairs]).repeated():
        yield f"{what[other]} is not served for {name}: {_in_the_middle(what[served])} is. Remove one of them."


def about_hosts(pairs: Sequence[Credentials], hosts: Sequence[str]) -> Iterator[str]:
    """Say which names that are listened on no certificate is for."""
    names = ServerNames([pair.names for pair in pairs])
    for host in hosts:
        is_name = not is_loopback(host) and any(letter.isalpha() for letter in host) and ":" not in host
        if is_name and not names.covers(host):
            yield f"No certificate is for {host}, which is listened on. Have one made for it: clients refuse others."


def _in_the_middle(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
