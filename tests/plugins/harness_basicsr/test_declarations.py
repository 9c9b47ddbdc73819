"""The declarations: light to import, complete, and true to the files they name."""

from __future__ import annotations

import subprocess
import sys
from inspect import Parameter, signature
from pathlib import Path

import pytest

import harness_basicsr
from harness import weights
from harness.paths import package_path
from harness.registry import resolve_import
from harness.specs import SRMethodSpec

SPECS = {spec.name: spec for spec in harness_basicsr.harness_sr_methods()}
METHODS = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


def test_importing_the_plugin_imports_nothing_heavy() -> None:
    code = "import sys, harness_basicsr; list(harness_basicsr.harness_sr_methods()); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"torch", "torchvision", "basicsr", "cv2", "pydantic", "numpy"}.isdisjoint(modules)


@METHODS
def test_options_are_the_factorys_own_defaults(spec: SRMethodSpec) -> None:
    parameters = signature(resolve_import(spec.factory)).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not Parameter.empty}
    assert dict(spec.options) == defaults


@METHODS
def test_mini_weights_are_there_small_right_and_documented(spec: SRMethodSpec) -> None:
    found = weights.find(spec, "mini", scale=4)
    path = weights.installed_path(found, spec.name)
    assert path.stat().st_size <= 4.2e6
    assert set(found.options) <= set(spec.options)
    assert "narrow" in found.note
    card = path.with_suffix(".md").read_text()
    for word in ("command", "seed", "data", "iterations", "time", "hardware", "losses", found.sha256):
        assert word in card
    licence, trained = found.licence, found.trained_on
    assert (licence, trained) == ("Apache-2.0", "mini/train")


@METHODS
def test_the_trainer_resolves(spec: SRMethodSpec) -> None:
    assert spec.trainer is not None
    names = list(signature(resolve_import(spec.trainer)).parameters)
    assert names == ["name", "benchmark", "out", "iters", "resume", "device"]


def test_weights_folder_holds_nothing_undeclared() -> None:
    folder = package_path("harness_basicsr:weights")
    declared = {package_path(w.file or "").name for spec in SPECS.values() for w in spec.weights}
    assert {p.name for p in Path(folder).glob("*.safetensors")} == declared
