"""What all tests share: the markers, what was skipped because of them, signals that do what they say, a browser."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from support.axe import Axe
from support.browser import Browser, Window
from support.outside import require, require_marked

# How long an example takes says more of what else the machine does.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_configure() -> None:
    """Have what tests start heed signals, though whoever started the tests, as nohup, had them ignored."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            # Still ignored here; but exec makes of it what it is by default.
            signal.signal(number, lambda *_: None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    require_marked(item)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = (str(report.longrepr[2]) for report in terminalreporter.getreports("skipped") if report.longrepr)
    missing = sorted({reason.partition("outside: ")[2] for reason in reasons if "outside: " in reason})
    if missing:
        terminalreporter.section("not tested here")
        for reason in missing:
            terminalreporter.line(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require("chromium")
    with Browser() as started:
        yield started


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    """One that fails its test when anything was complained of in its console."""
    with browser.window() as opened:
        yield opened
        assert opened.complaints == []


@pytest.fixture(scope="session")
def axe() -> Axe:
    require("npm")
    return Axe()
