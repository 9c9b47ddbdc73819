"""Training on two views: what patches are, a batch that is learnt, and the command on a data set of two cameras."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import UsageError
from harness.paths import benchmarks_folder
from harness.registry import registry
from harness.specs import SRMethodSpec
from harness.training.frame_cache import Frames
from harness.training.recipes import find_recipe
from harness.video.degrade import Bicubic
from harness.video.frames import write_video
from harness.video.warp import warp
from harness.weights.loading import load_state
from harness_basicsr.training import dataset, stereo_model  # noqa: F401  (they register with basicsr)
from harness_basicsr.training.fitting import check
from harness_basicsr.training.job import window_of
from harness_basicsr.training.losses.consistency import PAIRS, StereoConsistencyLoss
from harness_basicsr.training.recipe import Recipe
from harness_optical_flow.dis import Dis

from basicsr.data import build_dataset  # isort: skip
from basicsr.models import build_model  # isort: skip

NARROW = {"num_feat": 8, "deformable_groups": 2, "num_extract_block": 1, "num_reconstruct_block": 1}


def shipped() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(find_recipe("svsrnet", "mini-2").read_text())
    return found


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `harness datasets build mini-2` leaves it: textures that drift, two pixels apart in both views."""
    folder = tmp_path_factory.mktemp("cameras")
    (folder / "classes.txt").write_text("right")
    lines = ["id,path,label,group,num_frames"]
    for split, shift in (("train", 0), ("train-right", 2)):
        (folder / split).mkdir()
        for number in range(4):
            canvas = np.random.default_rng(number).integers(0, 256, (12, 20, 3), dtype=np.uint8)
            wide = np.repeat(np.repeat(canvas, 4, axis=0), 4, axis=1)
            frames = np.stack([wide[:36, t + shift :][:, :40] for t in range(5)])
            write_video(folder / split / f"clip_{number}.mp4", frames, fps=25)
        rows = [f"clip_{number},{split}/clip_{number}.mp4,0,g{number},5" for number in range(4)]
        (folder / f"{split}.csv").write_text("\n".join([*lines, *rows]))
    return folder


@pytest.fixture
def patches(cameras: Path, tmp_path: Path) -> Callable[..., Any]:
    """Patches of both views, through BasicSR's builder."""
    from harness_mini.dataset import Mini

    clips = Mini(root=cameras)
    window = window_of("svsrnet", Recipe.model_validate(shipped()))
    frames = Frames(
        clips, clips.clips("train"), Bicubic(4), key="k", frames_per_clip=2, validation_clips=1, seed=0, window=window,
        flow=Dis(device=torch.device("cpu"), finest_scale=0),
    )  # fmt: skip
    cache = frames.cache(tmp_path / "cache", bound=1e9)
    options = {
        "name": "t", "type": "HarnessPatches", "cache": str(cache), "view": "stereo-window", "radius": 1, "patch": 8,
        "seed": 3, "crops": None, "pairs": True, "motion_weight": False, "first": 0, "batch_size_per_gpu": 3,
    }  # fmt: skip
    return lambda **changes: build_dataset({**options, **changes})


def test_a_patch_is_three_moments_of_both_views_and_its_flow_leads_between_them(patches: Callable[..., Any]) -> None:
    drawn = patches()
    example = drawn[0]
    shapes = {key: tuple(example[key].shape) for key in ("lq", "gt", "flow")}
    assert shapes == {"lq": (3, 6, 3, 8, 8), "gt": (3, 2, 3, 32, 32), "flow": (11, 2, 32, 32)}
    frames = example["gt"].transpose(0, 1).flatten(0, 1)
    targets, sources = (frames[list(side)] for side in zip(*PAIRS, strict=True))
    apart, still = (
        (found - targets).abs()[..., 8:-8, 8:-8].mean(dim=(1, 2, 3))
        for found in (warp(sources, example["flow"]), sources)
    )
    assert (still > 0.05).all() and (apart < 0.1 * still).all()


def test_patches_keep_their_rows_and_sides(patches: Callable[..., Any]) -> None:
    drawn = patches()
    seen = set()
    for _ in range(12):
        left, right = drawn[0]["gt"][1]
        shifted = (left[..., :, 2:] - right[..., :, :-2]).abs().mean()
        assert shifted < 0.05, "what the left camera shows, the right one shows two pixels further left"
        seen.add(round(float(left.mean()), 5))
    assert len(seen) > 6


def built() -> Any:
    torch.manual_seed(0)
    return build_model(
        {
            "model_type": "StereoModel", "is_train": True, "dist": False, "num_gpu": 0, "rank": 0, "scale": 4,
            "path": {}, "network_g": {"type": "SVSRNet", **NARROW},
            "train": {
                "pixel_opt": {"type": "CharbonnierLoss", "loss_weight": 6.0, "reduction": "mean"},
                "consistency_opt": {"type": "StereoConsistencyLoss", "loss_weight": 0.001},
                "optim_g": {"type": "Adam", "lr": 1e-3}, "scheduler": {"type": "MultiStepLR", "milestones": []},
            },
        }
    )  # fmt: skip


def test_a_batch_is_learnt_by_both_losses_and_the_left_view_is_measured(patches: Callable[..., Any]) -> None:
    model, example = built(), patches()[0]
    model.feed_data({key: example[key][None] for key in ("lq", "gt", "flow")})
    with torch.no_grad():
        sr, hr = (frames.transpose(0, 1)[None] for frames in (model.net_g(example["lq"]), example["gt"]))
        apart = (sr - hr).abs().mean(dim=(3, 4, 5)).sum()
        inconsistent = StereoConsistencyLoss()(sr, hr, example["flow"][None])
    logs = []
    for iteration in range(1, 7):
        model.optimize_parameters(iteration)
        logs.append(model.get_current_log())
    assert logs[0] == pytest.approx({"l_pix": float(apart), "l_consistency": float(inconsistent)}, rel=1e-4)
    assert sum(logs[-1].values()) < sum(logs[0].values())
    lq, gt = torch.rand(1, 6, 3, 9, 10), torch.rand(1, 2, 3, 36, 40)
    model.feed_data({"lq": lq, "gt": gt})
    model.test()
    shown = model.get_current_visuals()
    assert torch.equal(shown["gt"], gt[:, 0]) and shown["result"].shape == (1, 3, 36, 40)


def test_the_command_trains_on_both_cameras_and_its_weights_restore_as_they_were_validated(
    cameras: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    file, benchmark = tmp_path / "small.yaml", tmp_path / "tiny.yaml"
    benchmark.write_text((benchmarks_folder() / "mini-2.yaml").read_text().replace("name: mini-2", "name: tiny"))
    small = {"network": NARROW, "validation_clips": 1, "patch": 8, "batch": 2, "validate_every": 2}
    file.write_text(yaml.safe_dump({**shipped(), **small}))
    command = ["train", "svsrnet", "--benchmark", str(benchmark), "--data", str(cameras), "--recipe", str(file)]
    out = tmp_path / "out"
    done = CliRunner().invoke(app, [*command, "--iters", "4", "--device", "cpu", "--out", str(out)])
    assert done.exit_code == 0, done.output + done.stderr
    (weights,) = out.glob("svsrnet-*.safetensors")
    assert sum(value.numel() for value in load_state(weights).values()) > 10_000
    rows = [row for row in csv.DictReader((out / "losses.csv").open()) if row["psnr_y"]]
    assert f"validation | {float(rows[-1]['psnr_y']):.2f} dB" in weights.with_suffix(".md").read_text()
    (cameras / "train-right.csv").rename(cameras / "gone.csv")
    try:
        refused = CliRunner().invoke(app, [*command, "--dry-run"])
    finally:
        (cameras / "gone.csv").rename(cameras / "train-right.csv")
    assert refused.exit_code == 2 and "second view of every clip, which 4 of 4 lack" in refused.stderr


@pytest.mark.parametrize(
    ("method", "change", "words"),
    [
        ("svsrnet", {"crops": {"stride": 16, "keep": 4}}, "leave crops out"),
        ("svsrnet", {"patch": 18}, "sides that are multiples of 4"),
        ("svsrnet", {"stages": {"pairs": False}}, "set pairs: true"),
        ("svsrnet", {"stages": {"model": "SRModel"}}, "StereoModel trains networks of two views"),
        ("edsr", {"network": {}}, "StereoModel trains networks of two views"),
    ],
)
def test_what_does_not_fit_two_views_is_refused(method: str, change: dict[str, Any], words: str) -> None:
    values = shipped()
    stage = {**values["stages"][0], **change.pop("stages", {})}
    recipe = Recipe.model_validate({**values, **change, "stages": [stage]})
    with pytest.raises(UsageError, match=words):
        check(registry().get(SRMethodSpec, method), recipe, scale=4)
