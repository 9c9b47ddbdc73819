"""What is declared, and that without the library its cells are skipped with the command that installs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import harness_spandrel
from harness.checks import check_declaration, require
from harness.planning import resolving

(SPEC,) = harness_spandrel.harness_sr_methods()


def test_the_declaration_keeps_its_contract() -> None:
    require(check_declaration(SPEC))


def test_importing_the_plugin_imports_nothing_heavy() -> None:
    code = "import sys, harness_spandrel as p; list(p.harness_sr_methods()); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"torch", "torchvision", "spandrel", "numpy"}.isdisjoint(modules)


def test_without_the_library_the_extra_that_brings_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "distributions", lambda **_: iter(()))
    assert resolving.absent(SPEC) == 'needs spandrel; install with: pip install "harness-sr[spandrel]"'
