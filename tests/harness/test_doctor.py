"""`harness doctor`: a healthy installation is called healthy, and every fault is found and explained."""

from __future__ import annotations

import json
import pickle
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torchvision
from typer.testing import CliRunner

from harness import doctor
from harness.cli.main import app
from harness.doctor import Diagnosis, examine
from harness.errors import UsageError
from harness.hookspecs import hookimpl
from harness.imports import resolve_import
from harness.registry import Failure, Registry, new_registry, registry
from harness.specs import DatasetSpec, HealthCheck, SRMethodSpec, Weights


@pytest.fixture
def empty() -> Registry:
    return new_registry()


def by_name(found: Iterator[Diagnosis]) -> dict[str, Diagnosis]:
    return {diagnosis.what: diagnosis for diagnosis in found}


def test_this_installation_is_healthy() -> None:
    found = by_name(examine(registry()))
    broken = [f for f in found.values() if f.status == "broken" and not f.what.startswith("weights")]
    assert broken == []
    for what in ("Python", "torch", "torch and torchvision fit each other", "cv2.optflow is there", "CPU", "CUDA",
                 "both packages of OpenCV have one version", "data set mini-2, test", "plugins loaded"):  # fmt: skip
        assert found[what].status == "ok"
    assert sum(what.startswith("cured: ") for what in found) == 2
    assert any(what.startswith("weights tsn mini-2 spatial") for what in found)


def python_too_new(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sys, "version_info", (3, 13, 0, "final", 0))


def package_missing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(doctor, "package_version", lambda name: None if name == "av" else "1.0")


def torch_pair_unequal(patch: pytest.MonkeyPatch) -> None:
    def nms(*given: Any) -> None:
        raise RuntimeError("operator torchvision::nms does not exist\nand more")

    patch.setattr(torchvision.ops, "nms", nms)


def disk_full(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))


@pytest.mark.parametrize(
    ("fault", "what", "detail"),
    [
        (python_too_new, "Python", "3.10, 3.11 or 3.12 is needed"),
        (package_missing, "av", "not installed; install the project again"),
        (torch_pair_unequal, "torch and torchvision fit each other", "nms does not exist; install a matching pair"),
        (disk_full, "free disk here", "a run needs 64 MiB"),
    ],
)
def test_a_fault_is_found_and_explained(
    monkeypatch: pytest.MonkeyPatch,
    empty: Registry,
    fault: Callable[[pytest.MonkeyPatch], None],
    what: str,
    detail: str,
) -> None:
    fault(monkeypatch)
    found = by_name(examine(empty))[what]
    assert found.status == "broken" and detail in found.detail


def declaring(checks: Callable[[], object]) -> ModuleType:
    module = ModuleType("made")
    vars(module)["harness_health_checks"] = hookimpl(specname="harness_health_checks")(checks)
    return module


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (HealthCheck("a thing", "platform:python_version"), Diagnosis("ok", "a thing", platform.python_version())),
        (HealthCheck("a thing", "gc:enable"), Diagnosis("ok", "a thing")),
        (
            HealthCheck("a thing", "no_module:check", cure="pip install it"),
            Diagnosis(
                "broken", "a thing",
                "cannot import 'no_module:check': ModuleNotFoundError: No module named 'no_module'; pip install it",
            ),
        ),
        (
            HealthCheck("a thing", "os:remove", cure="name a file"),
            Diagnosis("broken", "a thing", "TypeError: remove() missing required argument 'path' (pos 1); name a file"),
        ),
        (7, Diagnosis("broken", "health checks of plugin made", "returned 7; expected a HealthCheck")),
    ],
)  # fmt: skip
def test_checks_that_plugins_declare_are_run(empty: Registry, check: object, expected: Diagnosis) -> None:
    empty.register(declaring(lambda: [check]), "made")
    assert expected in list(examine(empty))


def test_a_plugin_whose_checks_cannot_be_listed_is_broken(empty: Registry) -> None:
    empty.register(declaring(lambda: [][0]), "made")
    expected = Diagnosis("broken", "health checks of plugin made", "IndexError: list index out of range")
    found = list(examine(empty))
    assert expected in found and found[-1].what == "plugins loaded", "the rest is checked all the same"


def test_every_declared_check_has_a_function_and_survives_pickle() -> None:
    checks = [check for checks in registry().manager.hook.harness_health_checks() for check in checks]
    assert len(checks) == 4 and pickle.loads(pickle.dumps(checks)) == checks
    assert all(callable(resolve_import(check.check)) for check in checks)


def test_a_broken_plugin_is_reported(empty: Registry) -> None:
    empty.failures.append(Failure("sosr", "ImportError: no module", "Traceback"))
    found = by_name(examine(empty))["plugin sosr"]
    assert found == Diagnosis("broken", "plugin sosr", "ImportError: no module; traceback: harness plugins show sosr")


def test_a_data_set_that_is_not_here_is_missing_not_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    found = by_name(examine(registry()))["data set mini-2, train"]
    assert found.status == "missing" and "harness datasets build mini-2" in found.detail


def test_weights_are_ok_missing_or_broken(empty: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    gone = Weights("gone", "a" * 64, "x", "MIT", file="harness:none.safetensors")
    never_pulled = Weights("far", "b" * 64, "x", "MIT", url="https://example.org/far.pth", scale=4)
    wrong = Weights("wrong", "c" * 64, "x", "MIT", url="https://example.org/wrong.pth", stream="spatial")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / f"{'c' * 12}-wrong.pth").write_bytes(b"something else")
    spec = SRMethodSpec("net", "a network", "nowhere:build", weights=(gone, never_pulled, wrong))
    monkeypatch.setattr(Registry, "all", lambda self, kind: {"net": spec} if kind is SRMethodSpec else {})
    found = by_name(examine(empty))
    assert found["weights net gone"].status == "broken"
    assert found["weights net far x4"].status == "missing"
    assert "harness weights pull net" in found["weights net far x4"].detail
    assert found["weights net wrong spatial"].status == "broken"
    assert "wrong checksum" in found["weights net wrong spatial"].detail


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("missing", 0), ("broken", 1)])
def test_the_exit_status_is_1_when_something_is_broken(monkeypatch: pytest.MonkeyPatch, status: str, code: int) -> None:
    monkeypatch.setattr(doctor, "examine", lambda registry: iter([Diagnosis(status, "a thing", "how to mend it")]))
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == code and "a thing: how to mend it" in result.output
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == code
    assert json.loads(result.output) == [{"status": status, "what": "a thing", "detail": "how to mend it"}]


def test_a_data_set_that_raises_is_missing(empty: Registry) -> None:
    module = ModuleType("made")
    spec = DatasetSpec("made", "no clips", f"{__name__}:refuse")
    vars(module)["harness_datasets"] = hookimpl(specname="harness_datasets")(lambda: [spec])
    vars(sys.modules.setdefault(__name__, ModuleType(__name__)))["refuse"] = refuse
    empty.register(module, "made")
    assert by_name(examine(empty))["data set made"] == Diagnosis("missing", "data set made", "give --data")


def refuse(*, root: Path | None) -> None:
    raise UsageError("give --data")
