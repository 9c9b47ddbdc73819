"""What is declared, and that it is skipped with the command that gets its weights."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import harness_i3d
from harness.checks import check_declaration, require
from harness.errors import WeightsMissingError
from harness.weights.catalogue import find, installed_path

(SPEC,) = harness_i3d.harness_recognizers()


def test_the_declaration_keeps_its_contract() -> None:
    require(check_declaration(SPEC))


def test_importing_the_plugin_imports_nothing_heavy() -> None:
    code = "import sys, harness_i3d as p; list(p.harness_recognizers()); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"torch", "numpy", "cv2", "mmaction"}.isdisjoint(modules)


def test_published_weights_serve_every_benchmark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    found = find(SPEC, "mini-2", stream="spatial")
    assert found is harness_i3d.KINETICS
    with pytest.raises(WeightsMissingError, match="harness weights pull i3d"):
        installed_path(found, "i3d")
    with pytest.raises(WeightsMissingError, match="i3d:checkpoint=FILE"):
        find(SPEC, "mini-2", stream="temporal")
