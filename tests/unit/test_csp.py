"""A policy of the application's is only ever extended, by what the script of `tcli serve` needs."""

import pytest

from tornado_cli.serve.live_reload.csp import Extended, extended

N = "'nonce-fresh'"


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        ("default-src 'self'", ("default-src 'self'", "")),
        ("img-src 'none'", ("img-src 'none'", "")),
        ("default-src *", ("default-src *", "")),
        ("script-src 'self'; connect-src 'none'", ("script-src 'self'; connect-src 'self'", "")),
        ("default-src 'none'", (f"default-src 'none'; script-src {N}; connect-src 'self'", "fresh")),
        (
            "default-src cdn.example; img-src 'self'",
            (
                f"default-src cdn.example; img-src 'self'; script-src cdn.example {N}; connect-src cdn.example 'self'",
                "fresh",
            ),
        ),
        ("script-src 'nonce-theirs'", ("script-src 'nonce-theirs'", "theirs")),
        ("script-src 'nonce-theirs' 'strict-dynamic'", ("script-src 'nonce-theirs' 'strict-dynamic'", "theirs")),
        ("script-src 'unsafe-inline'", ("script-src 'unsafe-inline' 'self'", "")),
        (
            "script-src 'self' 'sha256-abc=' 'strict-dynamic'",
            (f"script-src 'self' 'sha256-abc=' 'strict-dynamic' {N}", "fresh"),
        ),
        ("script-src-elem 'none'; script-src 'self'", (f"script-src-elem {N}; script-src 'self'", "fresh")),
        ("SCRIPT-SRC 'SELF'; Connect-Src 'none'", ("SCRIPT-SRC 'SELF'; Connect-Src 'self'", "")),
        ("default-src 'self', script-src 'none'", (f"default-src 'self', script-src {N}", "fresh")),
        ("", ("", "")),
    ],
)
def test_a_policy_lets_one_script_in_and_nothing_else(policy: str, wanted: tuple[str, str]) -> None:
    assert extended(policy, "fresh") == Extended(*wanted)


def test_a_policy_that_was_extended_stays_as_it_is() -> None:
    once = extended("default-src 'none'", "fresh")
    assert extended(once.header, "other") == once
