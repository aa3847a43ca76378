"""The dev server's top process imports what it needs: anything else would cost the first answer."""

import subprocess
import sys

import pytest

STRANGERS = {"tornado", "asyncio", "ssl", "cryptography"}


@pytest.mark.parametrize("module", ["tornado_cli.serve.start", "tornado_cli.commands.serve"])
def test_the_dev_server_imports_neither_tornado_nor_tls_itself(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert STRANGERS.isdisjoint(done.stdout.split())
