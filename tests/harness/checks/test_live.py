"""Everything that comes with the project fulfils its contracts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.checks import Check, check_declared, require
from harness.checks.live import classes_of
from harness.config import data_variable
from harness.planning.benchmark import load_benchmark
from harness.registry import HOOKS, Registry, load_registry, registry
from harness.specs import DatasetSpec, NetworkSpec, RecognizerSpec, Spec, SRMethodSpec, Weights


@pytest.fixture(autouse=True)
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ignore data sets that are configured on this machine."""
    monkeypatch.setattr("harness.planning.building.data_folder", lambda name, given: given)


BUILTIN = [
    (kind, name)
    for kind in HOOKS
    for name in registry().all(kind)
    if registry().owners[kind, name] in registry().builtin
]


@pytest.mark.parametrize(("kind", "name"), BUILTIN, ids=[f"{kind.__name__}-{name}" for kind, name in BUILTIN])
def test_every_builtin_keeps_its_contract(kind: type[Spec], name: str, tmp_path: Path) -> None:
    spec = registry().get(kind, name)
    protocols = load_benchmark("mini-2").recognizers
    options = dict(protocols.get(name, {})) if kind is RecognizerSpec else {}
    if not isinstance(spec, NetworkSpec) or not spec.needs_weights:
        options |= {key: str(tmp_path) for key in spec.required}  # a folder
    sections = list(check_declared(spec, registry(), options=options))
    if isinstance(spec, NetworkSpec) and spec.needs_weights and not any(weights.file for weights in spec.weights):
        [*sections, (title, [missing])] = sections
        assert title == "weights" and missing.missing and not missing.ok
        ways = (f"{name}:checkpoint=FILE", f"{name}:weights=FILE", f"harness weights pull {name}")
        assert any(way in missing.detail for way in ways)
        return require(sections[0][1])
    if isinstance(spec, DatasetSpec) and not name.startswith("mini-2"):  # the videos of the others are not here
        [*sections, (_, [missing])] = sections
        assert not missing.ok and data_variable(name) in missing.detail
    for _, checks in sections:
        require(checks)
    if isinstance(spec, SRMethodSpec):
        assert len(sections) > 1, "the method itself must have been checked"


def failures(spec: Spec, known: Registry, scale: int = 4) -> list[Check]:
    return [check for _, checks in check_declared(spec, known, scale=scale) for check in checks if not check.ok]


def test_missing_weights_fail_with_the_command_that_gets_them() -> None:
    weights = Weights("mini-2", "a" * 64, "mini-2/train", "MIT", url="https://example.org/w.safetensors", scale=4)
    spec = SRMethodSpec("mine", "a method", "harness.methods:Bicubic", needs_weights=True, weights=(weights,))
    [failure] = failures(spec, registry())
    assert "harness weights pull mine" in failure.detail
    [failure] = failures(spec, registry(), scale=2)
    assert "declares no weights for x2" in failure.detail


def test_a_missing_package_is_no_failure_and_is_named_with_the_command_that_installs_it() -> None:
    spec = replace(registry().get(SRMethodSpec, "bicubic"), requires=("torch", "no-such-package"))
    [found] = failures(spec, registry())
    assert found.missing and found.detail == "needs no-such-package; install with: pip install no-such-package"


def test_an_unsupported_scale_fails_with_a_supported_one() -> None:
    spec = replace(registry().get(SRMethodSpec, "bicubic"), scales=(2, 3))
    [failure] = failures(spec, registry())
    assert failure.detail == "does scale 2, 3, not 4; give --scale 2"


def test_a_factory_that_raises_is_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "raising.py"
    file.write_text(
        "from harness.hookspecs import hookimpl\nfrom harness.specs import SRMethodSpec\n\n"
        "def build(*, scale, device, weights):\n    raise OSError('no such accelerator')\n\n"
        "@hookimpl\ndef harness_sr_methods():\n    yield SRMethodSpec('mine', 'a method', f'{__name__}:build')\n"
    )
    known = load_registry([file])
    [failure] = failures(known.get(SRMethodSpec, "mine"), known)
    assert failure.detail == "OSError: no such accelerator (raising.py:5)"


def test_a_recogniser_of_other_data_is_asked_for_as_many_classes_as_its_weights_have() -> None:
    spec = registry().get(RecognizerSpec, "i3d")
    (kinetics,) = spec.weights
    assert len(classes_of(spec, kinetics, registry())) == 400
    assert len(classes_of(spec, replace(kinetics, trained_on="mini-2/train"), registry())) == 12
    assert len(classes_of(spec, replace(kinetics, num_classes=0), registry())) == 10
