"""What is told of a refusal."""

import logging

import pytest

from tornado_cli.http.refusals.kinds import Kind
from tornado_cli.http.refusals.refused import Refused


class Uncounted:
    def refused(self, kind: Kind) -> None:
        """Count nothing."""


@pytest.mark.parametrize("detail", ["The target is too long", "The target is too long."])
def test_a_detail_that_is_a_sentence_ends_with_one_full_stop(detail: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        Refused(Uncounted()).note(Kind.URI_TOO_LONG, "127.0.0.1", detail)  # type: ignore[arg-type]
    [record] = caplog.records
    assert record.getMessage().endswith(", 127.0.0.1: The target is too long.")
