"""What all tests share: the marker `outside`, and what was skipped because of it."""

import pytest
from support.outside import require_marked


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
