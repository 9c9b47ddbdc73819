"""The command line in this process, with its own registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from harness.cli.main import app
from harness.registry import registry

Cli = Callable[..., Result]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """Runs ``harness ARGUMENTS`` and returns exit code, output and standard error."""
    # wide enough that no message is wrapped
    monkeypatch.setenv("COLUMNS", "300")
    registry.cache_clear()
    yield lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="harness")
    registry.cache_clear()
