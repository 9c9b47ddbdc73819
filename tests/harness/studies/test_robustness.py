"""A degradation by its severities: each becomes a run, in the order of harm."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.cli.main import app
from harness.errors import UsageError
from harness.planning.benchmark import load_benchmark
from harness.planning.building import Given, build
from harness.planning.resolving import degradation_part
from harness.planning.variants import variants
from harness.registry import registry
from harness.specs import DegradationSpec
from harness.studies.robustness import by_severity, names_of

WITH = ["bit_error", "h264", "h265", "jpeg", "packet_loss"]


def study(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["study", "robustness", *map(str, arguments)])


def test_all_stands_for_every_degradation_that_has_severities() -> None:
    assert names_of(["all"], registry()) == WITH
    assert names_of(["jpeg", "all"], registry()) == ["jpeg", "bit_error", "h264", "h265", "packet_loss"]


def test_a_degradation_without_severities_is_refused() -> None:
    with pytest.raises(UsageError, match=f"bicubic has no severities; these have: {', '.join(WITH)}"):
        names_of(["h264", "bicubic"], registry())
    found = study("--degradation", "blurr", "--dry-run")
    assert found.exit_code == 2 and "unknown degradation 'blurr'" in found.stderr


@pytest.mark.parametrize("name", WITH)
def test_every_declared_severity_can_be_built_and_no_further_one(name: str) -> None:
    known = registry()
    found = variants(by_severity(load_benchmark("mini-2"), name, known), known)
    assert len(found) == known.get(DegradationSpec, name).severities == 5
    for [one] in found.values():
        build(degradation_part(one, known), Given())
    worse = one.model_copy(update={"degradation": one.degradation.replace("severity=5", "severity=6")})
    with pytest.raises(UsageError, match="expected 1 to 5"):
        build(degradation_part(worse, known), Given())


@pytest.mark.slow
def test_quality_falls_with_the_severity(
    drifting_clips: Path, tmp_path: Path, small_benchmark: Callable[..., Path]
) -> None:
    small = small_benchmark(tmp_path, probes=["psnr_y"], recognizers={})
    asked = ["--benchmark", small, "--data", drifting_clips, "--degradation", "jpeg", "--sr", "bicubic", "--limit", 2]
    dry = study(*asked, "--dry-run", "--out", tmp_path / "out")
    assert dry.exit_code == 0 and dry.output.count("run folder") == 5 and not (tmp_path / "out").exists()
    found = study(*asked, "--out", tmp_path / "out")
    assert found.exit_code == 0, found.output
    assert "no recogniser, so no table of all degradations" in found.output
    folders = sorted((tmp_path / "out" / "jpeg").iterdir())
    assert [folder.name[-1] for folder in folders] == list("12345")
    lines = [list(csv.DictReader((folder / "leaderboard.csv").open())) for folder in folders]
    psnr = [float(next(line["psnr_y"] for line in each if line["sr"] == "bicubic")) for each in lines]
    assert psnr == sorted(psnr, reverse=True) and psnr[0] > psnr[-1] + 0.5
