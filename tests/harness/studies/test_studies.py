"""Studies from beginning to end with tiny trainings: what is there is not trained again, and one table comes out."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from harness.cli.main import app
from harness.errors import UsageError
from harness.leaderboard.matrix import Matrix, comma_separated, page
from harness.paths import benchmarks_folder
from harness.studies.tradeoff import weighted

TSN = {
    "segments": 1,
    "crops": "full",
    "mirror": False,
    "short_side": 32,
    "input_size": 32,
    "stack": 5,
    "flow_bound": 5.0,
}
TINY_TOSR = {
    "arch": "vdsr", "network": {"num_feat": 4, "num_layer": 3}, "seed": 0, "frames_per_clip": 2, "validation_clips": 2,
    "patch": 6, "batch": 2, "validate_every": 2, "flow": "dis:finest_scale=0,patch_size=8,patch_stride=3",
    "stages": [
        {
            "name": "tosr", "iterations": 2, "model": "ToSRModel", "pairs": True,
            "train": {
                "pair_opt": {"type": "ToSRLoss", "sr_weight": 1.0, "warp_sr_weight": 0.8, "warp_hr_weight": 0.1},
                "optim_g": {"type": "Adam", "lr": 1e-3},
                "scheduler": {"type": "MultiStepLR", "milestones": [99]},
            },
        }
    ],
}  # fmt: skip


@pytest.fixture
def benchmark(tmp_path: Path, small_benchmark: Callable[..., Path]) -> Path:
    """A benchmark with recipes beside it."""
    recipes = tmp_path / "training" / "small"
    recipes.mkdir(parents=True)
    tsn = yaml.safe_load((benchmarks_folder() / "training" / "mini-2" / "tsn.yaml").read_text())
    tsn |= {"crop": 32, "batch": 8, "held_out": 0.25, "epochs": {"spatial": 1, "temporal": 1}}
    for name, recipe in (("tsn", tsn), ("tosr", TINY_TOSR)):
        (recipes / f"{name}.yaml").write_text(yaml.safe_dump(recipe))
    return small_benchmark(tmp_path, recognizers={"tsn": TSN}, flow="dis", probes=["psnr_y", "temporal_consistency"])


def study(*arguments: object) -> Result:
    found = CliRunner().invoke(app, ["study", *map(str, arguments)])
    assert found.exit_code == 0, found.output
    return found


@pytest.mark.slow
def test_five_recognisers_see_every_row(benchmark: Path, drifting_clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "mix"
    asked = ["mix", "--benchmark", benchmark, "--data", drifting_clips, "--sr", "nearest", "--out", out, "--limit", 4]
    dry = study(*asked, "--restore", "nearest", "--dry-run")
    assert "to train, by HR:LR: 4:0, 3:1, 2:2, 1:3, 0:4" in dry.output and not out.exists()
    study(*asked, "--restore", "nearest")
    lines = list(csv.DictReader((out / "mix.csv").open()))
    assert {line["table"] for line in lines} == {f"top-1 (%), {s}" for s in ("spatial", "temporal", "fusion")}
    assert {line["setting"] for line in lines} == {"4:0", "3:1", "2:2", "1:3", "0:4"}
    assert {line["row"] for line in lines} == {"hr", "bicubic", "nearest"} and all(line["value"] for line in lines)
    assert (out / "mix.png").stat().st_size > 10_000 and "restored by `nearest`" in (out / "mix.md").read_text()
    shutil.rmtree(out / "mix-2-2")
    again = study(*asked, "--restore", "nearest", "--dry-run")
    assert "to train, by HR:LR: 2:2\n" in again.output


@pytest.mark.slow
def test_a_network_is_trained_for_every_weight(
    benchmark: Path, drifting_clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.cli.progress.LINE_EVERY_SECONDS", 0.0)
    out = tmp_path / "tradeoff"
    judge = tmp_path / "judge"
    own = ["train", "tsn", "--benchmark", benchmark, "--data", drifting_clips, "--out", judge, "--iters", 1]
    assert CliRunner().invoke(app, list(map(str, own))).exit_code == 0
    asked = ["tradeoff", "--method", "tosr", "--beta", "0,.5", "--benchmark", benchmark, "--data", drifting_clips]
    asked += ["--recognizer", f"judge=tsn:checkpoint={judge / 'tsn-{stream}-small.safetensors'}"]
    told = study(*asked, "--out", out, "--limit", 4).output
    assert "16 of 16 (method, clip) done" in told
    recipes = [yaml.safe_load((out / "recipes" / f"beta-{beta}.yaml").read_text()) for beta in ("0", "0.5")]
    losses = [recipe["stages"][0]["train"]["pair_opt"] for recipe in recipes]
    assert [(loss["warp_sr_weight"], loss["warp_hr_weight"]) for loss in losses] == [(0, 0), (0.5, 0)]
    lines = {(line["row"], line["setting"]): line["value"] for line in csv.DictReader((out / "tradeoff.csv").open())}
    assert {row for row, _ in lines} == {"0", "0.5"} and {"spatial error (%)", "warp error"} <= {s for _, s in lines}
    assert float(lines["0", "PSNR-Y"]) > 5 and (out / "tradeoff.png").stat().st_size > 5_000
    assert "nothing, all is there" in study(*asked, "--out", out, "--limit", 4, "--dry-run").output


def test_a_recipe_without_a_warping_loss_is_refused() -> None:
    recipe = {"stages": [{"train": {"pixel_opt": {"type": "L1Loss", "loss_weight": 1.0}}}]}
    with pytest.raises(UsageError, match=r"x.yaml: no loss of this recipe has a warp_sr_weight"):
        weighted(recipe, 0.1, Path("x.yaml"))


@pytest.mark.parametrize("betas", ["", "a", "-1", "0,0", "inf"])
def test_weights_that_are_none_are_refused(betas: str) -> None:
    found = CliRunner().invoke(app, ["study", "tradeoff", "--method", "tosr", f"--beta={betas}", "--dry-run"])
    assert found.exit_code == 2 and "write different numbers" in found.stderr


def test_no_name_breaks_a_table() -> None:
    table = Matrix("a|b", ["x|y"], {"<b>|`": {"x|y": None}, "c": {"x|y": 1.25}})
    text = page("t<", [table], [])
    assert "x\\|y" in text and "t&lt;" in text and "| 1.2 |" in text.replace("1.3", "1.2")
    assert all(line.replace("\\|", "").count("|") == 3 for line in text.splitlines() if line.startswith("|"))
    assert comma_separated([table]).splitlines()[1:] == ["a|b,<b>|`,x|y,", "a|b,c,x|y,1.25"]
