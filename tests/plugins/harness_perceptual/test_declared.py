"""What is declared, and that a probe which cannot be had here is skipped with the command that gets it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import harness_perceptual
from harness.checks import check_declaration, require
from harness.paths import home
from harness.planning import resolving
from harness.planning.benchmark import load_benchmark
from harness.planning.plan import probe_part
from harness.planning.resolving import absent
from harness.planning.selecting import Request
from harness.registry import registry
from harness.running.context import open_context
from harness.specs import ProbeSpec

SPECS = {spec.name: spec for spec in harness_perceptual.harness_probes()}
WITH_WEIGHTS = ("lpips", "tlp", "dists")


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_the_declaration_keeps_its_contract(spec: ProbeSpec) -> None:
    require(check_declaration(spec))
    assert all(column.order is None for column in spec.columns)


def test_importing_the_plugin_imports_nothing_heavy() -> None:
    code = "import sys, harness_perceptual as p; list(p.harness_probes()); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"torch", "torchvision", "torchmetrics", "basicsr", "cv2", "numpy"}.isdisjoint(modules)


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_without_its_package_it_is_skipped_with_the_command(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "distributions", lambda **_: iter(()))
    part = probe_part(name, registry(), load_benchmark("mini-2"))
    assert part.missing == 'needs torchmetrics; install with: pip install "harness-sr[perceptual]"'


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_without_its_weights_it_is_skipped_with_the_command(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    assert home() == tmp_path
    monkeypatch.setattr(resolving, "absent", lambda spec: None)
    part = probe_part(name, registry(), load_benchmark("mini-2"))
    assert part.missing is not None and f"harness weights pull {name}" in part.missing


def test_niqe_needs_nothing_more() -> None:
    assert probe_part("niqe", registry(), load_benchmark("mini-2")).missing is None


def test_packages_that_are_there_are_not_missed() -> None:
    spec = SPECS["lpips"]
    assert absent(replace(spec, requires=("torch", "numpy"))) is None
    said = "needs no-such-package and nor-this-one; install with: pip install no-such-package nor-this-one"
    assert absent(replace(spec, requires=("no-such-package", "torch", "nor-this-one"))) == said


def test_in_a_run_its_cells_are_skipped_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "distributions", lambda **_: iter(()))
    benchmark = load_benchmark("mini-2").model_copy(update={"probes": ["psnr_y", "lpips"]})
    cells = open_context(Request(benchmark, sr="bicubic", recognizer="", limit=12), registry()).plan.cells
    assert {(cell.probe.label, bool(cell.skipped)) for cell in cells} == {("psnr_y", False), ("lpips", True)}
