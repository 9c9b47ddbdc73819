"""The declarations: light to import, complete, and true to the files they name."""

from __future__ import annotations

import subprocess
import sys
from inspect import signature
from pathlib import Path
from types import ModuleType

import pytest

import harness_basicsr
import harness_sosr
import harness_tosr
from harness.checks import check_declaration, require
from harness.choice import known_options
from harness.errors import UsageError, WeightsMissingError
from harness.imports import resolve_import
from harness.paths import package_path
from harness.specs import SRMethodSpec
from harness.training.recipes import find_recipe
from harness.weights import catalogue as weights
from harness_basicsr.declared.architectures import ARCHITECTURES

PLUGINS = (harness_basicsr, harness_sosr, harness_tosr)
SPECS = {spec.name: spec for plugin in PLUGINS for spec in plugin.harness_sr_methods()}
METHODS = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


def test_importing_the_plugin_imports_nothing_heavy() -> None:
    names = ", ".join(plugin.__name__ for plugin in PLUGINS)
    code = f"import sys, {names}; [list(p.harness_sr_methods()) for p in ({names})]; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"torch", "torchvision", "basicsr", "cv2", "pydantic", "numpy"}.isdisjoint(modules)


@METHODS
def test_options_are_arguments_of_the_network(spec: SRMethodSpec) -> None:
    from harness_basicsr.networks.registered import defaults_of

    if spec.name != "basicsr":
        known = known_options(spec)
        entry = ARCHITECTURES[str(known.pop("arch", spec.name))]
        views = {"second_view": "clip"} if spec.views > 1 else {}
        assert known == {**entry.options, "checkpoint": None, **dict.fromkeys(spec.later, False), **views}
        assert {*entry.options, *entry.arguments, *filter(None, [entry.scale])} <= set(defaults_of(entry.type))


@METHODS
def test_the_declaration_keeps_its_contract(spec: SRMethodSpec) -> None:
    require(check_declaration(spec))


@METHODS
def test_without_weights_it_says_how_to_get_some(spec: SRMethodSpec) -> None:
    said = weights.how_to_get_some(spec)
    own = "basicsr:weights=FILE" if spec.name == "basicsr" else f"{spec.name}:checkpoint=FILE"
    assert own in said
    # nobody published weights for two views, and training does not know second views yet
    assert spec.weights or spec.official or spec.trainer or spec.views > 1
    assert (spec.official in said) and ("harness train" in said) == bool(spec.trainer)


@pytest.mark.parametrize("name", ["realesrgan", "realesr-compact"])
def test_official_weights_serve_every_benchmark(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    found = weights.find(SPECS[name], "mini-2", scale=4)
    assert found.tag == "official" and found.licence == "BSD-3-Clause" and len(found.sha256) == 64
    with pytest.raises(WeightsMissingError, match=f"harness weights pull {name}"):
        weights.installed_path(found, name)


@pytest.mark.parametrize(
    "spec", [s for s in SPECS.values() if any(w.tag == "mini-2" for w in s.weights)], ids=lambda spec: spec.name
)
def test_mini_weights_are_there_small_right_and_documented(spec: SRMethodSpec) -> None:
    found = weights.find(spec, "mini-2", scale=4)
    path = weights.installed_path(found, spec.name)
    assert path.stat().st_size <= 4.2e6
    assert set(found.options) <= set(known_options(spec))
    assert "narrow" in found.note
    card = path.with_suffix(".md").read_text()
    for word in ("command", "seed", "data", "iterations", "time", "hardware", "losses", found.sha256):
        assert word in card
    licence, trained = found.licence, found.trained_on
    assert (licence, trained) == ("Apache-2.0", "mini-2/train")


@METHODS
def test_what_can_be_trained_has_a_published_recipe(spec: SRMethodSpec) -> None:
    if spec.trainer is None:
        with pytest.raises(UsageError, match="no recipe"):
            find_recipe(spec.name, None)
        return
    names = list(signature(resolve_import(spec.trainer)).parameters)
    assert names == ["request"]
    assert find_recipe(spec.name, None).parent.name == "paper"


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.__name__)
def test_weights_folder_holds_nothing_undeclared(plugin: ModuleType) -> None:
    folder = package_path(f"{plugin.__name__}:weights")
    files = [w.file for spec in plugin.harness_sr_methods() for w in spec.weights if w.file]
    assert {p.name for p in Path(folder).glob("*.safetensors")} == {package_path(file).name for file in files}
