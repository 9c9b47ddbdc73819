"""`harness doctor`: a healthy installation is called healthy, and every fault is found and explained."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import pytest
import torchvision
from typer.testing import CliRunner

from harness import doctor
from harness.cli.main import app
from harness.doctor import Finding, examine
from harness.errors import UsageError
from harness.registry import Failure, Registry, new_registry, registry
from harness.specs import SRMethodSpec, Weights


@pytest.fixture
def empty() -> Registry:
    return new_registry()


def by_name(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.what: finding for finding in findings}


def test_this_installation_is_healthy() -> None:
    found = by_name(examine(registry()))
    broken = [f for f in found.values() if f.status == "broken" and not f.what.startswith("weights")]
    assert broken == []
    for what in ("Python", "torch", "torch and torchvision fit each other", "cv2.optflow is there", "CPU", "CUDA",
                 "both packages of OpenCV have one version", "data set mini, test", "plugins loaded"):  # fmt: skip
        assert found[what].status == "ok"
    assert sum(what.startswith("cured: ") for what in found) == len(doctor.CURES)
    assert any(what.startswith("weights tsn mini spatial") for what in found)


def python_too_new(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sys, "version_info", (3, 13, 0, "final", 0))


def package_missing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(doctor, "package_version", lambda name: None if name == "av" else "1.0")


def opencv_unequal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(doctor, "package_version", lambda name: {"opencv-python": "4.10"}.get(name, "4.14"))


def optflow_gone(patch: pytest.MonkeyPatch) -> None:
    patch.delattr(cv2, "optflow")


def torch_pair_unequal(patch: pytest.MonkeyPatch) -> None:
    def nms(*given: Any) -> None:
        raise RuntimeError("operator torchvision::nms does not exist\nand more")

    patch.setattr(torchvision.ops, "nms", nms)


def cure_fails(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(doctor, "CURES", (("an old fault", "harness.paths:home", "no_such_module"),))


def disk_full(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))


@pytest.mark.parametrize(
    ("fault", "what", "detail"),
    [
        (python_too_new, "Python", "3.10, 3.11 or 3.12 is needed"),
        (package_missing, "av", "not installed; install the project again"),
        (opencv_unequal, "both packages of OpenCV have one version", "opencv-contrib-python==4.14"),
        (optflow_gone, "cv2.optflow is there", "pip install --force-reinstall opencv-python=="),
        (torch_pair_unequal, "torch and torchvision fit each other", "nms does not exist; install a matching pair"),
        (cure_fails, "cured: an old fault", "import no_such_module: ModuleNotFoundError"),
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


def test_a_broken_plugin_is_a_finding(empty: Registry) -> None:
    empty.failures.append(Failure("sosr", "ImportError: no module", "Traceback"))
    found = by_name(examine(empty))["plugin sosr"]
    assert found == Finding("broken", "plugin sosr", "ImportError: no module; traceback: harness plugins show sosr")


def test_a_data_set_that_is_not_here_is_missing_not_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    found = by_name(examine(registry()))["data set mini, train"]
    assert found.status == "missing" and "harness datasets build mini" in found.detail


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
    finding = Finding(status, "a thing", "how to mend it")
    monkeypatch.setattr(doctor, "examine", lambda registry: iter([finding]))
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == code and "a thing: how to mend it" in result.output
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == code
    assert json.loads(result.output) == [{"status": status, "what": "a thing", "detail": "how to mend it"}]


def test_a_data_set_that_raises_is_missing(empty: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(target: str) -> Callable[..., None]:
        def factory(**options: Any) -> None:
            raise UsageError("give --data")

        return factory

    monkeypatch.setattr(doctor, "resolve_import", refuse)
    monkeypatch.setattr(doctor, "CURES", ())
    assert by_name(examine(registry()))["data set mini"] == Finding("missing", "data set mini", "give --data")
