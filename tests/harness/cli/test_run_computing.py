"""`harness run --precision --tile`, from the command line to the leaderboard's header."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml
from typer.testing import Result

from harness.planning.benchmark import find_benchmark


def test_the_header_says_how_networks_computed(
    tmp_path: Path, cli: Callable[..., Result], made_clips: Callable[..., Path]
) -> None:
    file, data = tmp_path / "few.yaml", made_clips(classes=2, per_class=1, frames=2)
    changes = {"recognizers": {}, "probes": ["psnr_y"], "pairs": []}
    file.write_text(yaml.safe_dump({**yaml.safe_load(find_benchmark("mini-2").read_text()), **changes}))
    command = ["run", "--benchmark", file, "--data", data, "--sr", "vdsr", "--device", "cpu", "--out", tmp_path / "run"]
    result = cli(*command, "--precision", "bf16", "--tile", 16)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "run" / "leaderboard.md").read_text()
    assert "bf16, SR networks and recognisers" in page and "16 LR pixels a side and an overlap, SR networks" in page
    result = cli(*command, "--precision", "auto")  # fp32 on a processor: nothing to say, and cells of their own
    assert result.exit_code == 0, result.output
    page = (tmp_path / "run" / "leaderboard.md").read_text()
    assert "bf16" not in page and "of another protocol are left out" in page


def test_without_a_compiler_compiling_is_refused_before_any_work(tmp_path: Path, cli: Callable[..., Result]) -> None:
    import torch._inductor.config as inductor

    with inductor.patch({"cpp.cxx": (str(tmp_path / "no-compiler"),), "force_disable_caches": True}):
        result = cli("run", "--sr", "vdsr", "--compile", "--device", "cpu", "--out", tmp_path / "run")
    assert result.exit_code == 2 and not (tmp_path / "run").exists()
    told = result.stderr
    assert "--compile: torch cannot compile for cpu here (" in told and "or leave --compile out" in told
