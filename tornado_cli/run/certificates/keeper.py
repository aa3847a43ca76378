"""What is served by TLS at this moment: the files looked at, what is fit taken, ready to be handed out."""

import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from tornado_cli.run.certificates import telling
from tornado_cli.run.certificates.policy import (
    LOOK,
    Drop,
    Read,
    Stamp,
    Watch,
    Watched,
    looked,
    reason_to_keep,
    refused,
    taken,
    warnings_due,
)
from tornado_cli.run.certificates.sources import Held, Sources, read_all
from tornado_cli.system.tls.authorities import Authorities
from tornado_cli.system.tls.bundle import Bundle
from tornado_cli.system.tls.credentials import Credentials
from tornado_cli.system.tls.pem import TlsError
from tornado_cli.system.tls.terms import TlsTerms
from tornado_cli.system.tls.validity import warnings_of

_FRESH_KEYS = 24 * 3600.0
"""Seconds after which workers get the same certificates again: a new context has new keys for its tickets."""


def _today() -> datetime:
    return datetime.now(UTC)


class Certificates:
    """Held by the supervisor, which alone has to be able to read the files."""

    def __init__(
        self,
        sources: Sources,
        terms: TlsTerms,
        *,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], datetime] = _today,
    ) -> None:
        """Read everything; raises TlsError for what cannot be served."""
        self._sources, self._terms, self._clock, self._today = sources, terms, clock, today
        self._listing = sources.look()
        # Before they are read: a change meanwhile is one.
        stamps = {name: source.stamp() for name, source in self._listing.sources.items()}
        self._held = read_all(self._listing.sources, today())
        now = clock()
        self._watch = Watch({name: Watched(taken=stamp, seen=stamp, since=now) for name, stamp in stamps.items()})
        self._about_names = tuple(telling.about_names(self.pairs))
        self.next_look = now + LOOK
        """By the monotonic clock."""
        self._is_stale = True
        """Whether what is held is not in the file yet that workers get."""
        self._is_failing = False
        self.version = 0
        """Of what workers get."""
        self.descriptor = -1
        """Of what a worker builds its context from (`system.tls.context`)."""
        self._renew()

    @property
    def pairs(self) -> list[Credentials]:
        """What is served, the default first."""
        return [one for one in self._in_order() if isinstance(one, Credentials)]

    def introduce(self, warning: str, hosts: Sequence[str]) -> None:
        """Tell, at the start, what is wrong with what is served; `warning` is about its choice."""
        found = [text for one in self._in_order() for text in one.warnings]
        self._warnings_due()
        for text in (warning, *found, *self._about_names, *telling.about_hosts(self.pairs, hosts)):
            if text:
                telling.warn(text)

    def look(self, *, urgent: bool = False) -> None:
        """Look, when it is time to or somebody asks, and take what has changed for the better."""
        now = self._clock()
        if not urgent and now < self.next_look:
            return
        self.next_look = now + LOOK
        self._listing = self._sources.look()
        due = looked(self._watch, self._stamps(), now, urgent=urgent)
        for action in due:
            self._perform(action, urgent=urgent)
        if self._is_stale or now >= self._renewed_at + _FRESH_KEYS:
            self._try_to_renew()
        for warning in self._warnings_due():
            telling.warn(warning)

    def _stamps(self) -> dict[str, Stamp]:
        stamps = {name: source.stamp() for name, source in self._listing.sources.items()}
        if self._listing.is_complete:
            return stamps
        # Nobody can see what is missing; that does not mean that it has gone.
        unseen = {name: one.seen or one.taken for name, one in self._watch.sources.items() if name in self._held}
        return {name: stamp for name, stamp in unseen.items() if stamp is not None} | stamps

    def _perform(self, action: Read | Drop, *, urgent: bool) -> None:
        match action:
            case Read(name, stamp):
                new = self._read(name, stamp, urgent=urgent)
                if new is not None:
                    self._take(name, stamp, new)
            case Drop(name):
                self._drop(name)

    def _read(self, name: str, stamp: Stamp, *, urgent: bool) -> Held | None:
        """Return what is fit to be served."""
        source, old = self._listing.sources.get(name), self._held.get(name)
        if source is None:
            return None
        new: Held | None = None
        try:
            new = source.read(self._today())
            reason = self._reason_to_keep(old, new)
        except TlsError as fault:
            reason = telling.reason_of(fault)
        except OSError as error:
            # For want of descriptors or memory.
            reason = str(error)
        if source.stamp() != stamp:
            # Somebody is writing: what was read is neither the old nor the new.
            return None
        if reason is None:
            return new
        if refused(self._watch, name, self._clock(), urgent=urgent):
            telling.refused(name, reason, is_served=old is not None)
        return None

    def _reason_to_keep(self, old: Held | None, new: Held) -> str | None:
        if not isinstance(old, Credentials) or not isinstance(new, Credentials):
            return None
        return reason_to_keep(old.periods[0], new.periods[0], self._today())

    def _take(self, name: str, stamp: Stamp, new: Held) -> None:
        old = self._held.get(name)
        taken(self._watch, name, stamp)
        self._held[name] = new
        # How long it is valid is told apart.
        told = {*warnings_of(new.periods, self._today()), *(() if old is None else old.warnings)}
        for warning in new.warnings:
            if warning not in told:
                telling.warn(warning)
        if old is None or _content_of(old) != _content_of(new):
            telling.taken(name, new)
            self._is_stale = True

    def _drop(self, name: str) -> None:
        if isinstance(self._held[name], Credentials) and len(self.pairs) == 1:
            # Without any nobody could be served: it stays until there is another.
            return
        taken(self._watch, name, None)
        del self._held[name]
        telling.dropped(name)
        self._is_stale = True

    def _in_order(self) -> list[Held]:
        """Return what is held as the folder lists it now: the first pair is the default one."""
        names = dict.fromkeys([*self._listing.sources, *self._held])
        return [self._held[name] for name in names if name in self._held]

    def _try_to_renew(self) -> None:
        try:
            self._renew()
        except OSError as error:
            # It is tried again at the next look; once is enough to tell.
            if not self._is_failing:
                telling.failed(error)
            self._is_failing = True
        else:
            self._tell_names()

    def _renew(self) -> None:
        """Put what is held into a new file, for workers to get."""
        authorities = next((one.pem for one in self._in_order() if isinstance(one, Authorities)), b"")
        bundle = Bundle([pair.served() for pair in self.pairs], self._terms, authorities.decode())
        before, self.descriptor = self.descriptor, bundle.open_descriptor()
        if before >= 0:
            os.close(before)
        self.version += 1
        self._renewed_at = self._clock()
        self._is_stale = self._is_failing = False

    def _tell_names(self) -> None:
        before, self._about_names = self._about_names, tuple(telling.about_names(self.pairs))
        for finding in self._about_names:
            if finding not in before:
                telling.warn(finding)

    def _warnings_due(self) -> list[str]:
        periods = [period for one in self._in_order() for period in one.periods]
        return warnings_due(self._watch, periods, self._today())


def _content_of(held: Held) -> tuple[bytes, ...]:
    return (held.pem,) if isinstance(held, Authorities) else (held.chain_pem, held.key_pem)
