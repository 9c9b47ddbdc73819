"""Trainings of other kinds: adversarial, pairs, own videos, other networks, losses that go wrong, several processes."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

import harness_tosr.train  # noqa: F401  (registers with basicsr)
from harness.contracts import TrainingRequest
from harness.errors import HarnessError, UsageError
from harness.files import sha256
from harness.specs import SRMethodSpec
from harness.training.display import LineDisplay
from harness.training.setting import setting_of
from harness.weights.header import described
from harness.weights.loading import load_state
from harness_basicsr.training.job import plan
from harness_basicsr.training.train import train

BENCHMARK = {
    "name": "tiny", "title": "tiny", "dataset": "mini-2", "split": "test", "train_split": "train", "scale": 4,
    "degradation": "bicubic:scale=4", "flow": "dis", "weights": "tiny", "sr": ["bicubic"], "recognizers": {},
    "probes": [],
}  # fmt: skip
ADAM = {"type": "Adam", "lr": 1e-3, "betas": [0.9, 0.99]}
STEADY = {"type": "MultiStepLR", "milestones": [20]}
PIXELS = {"pixel_opt": {"type": "MSELoss"}, "optim_g": ADAM, "scheduler": STEADY}
GAN: dict[str, Any] = {
    "name": "gan", "iterations": 8, "model": "SRGANModel",
    "network_d": {"type": "UNetDiscriminatorSN", "num_in_ch": 3, "num_feat": 4},
    "train": {
        **PIXELS, "optim_d": ADAM, "ema_decay": 0.9, "net_d_iters": 1, "net_d_init_iters": 0,
        "gan_opt": {"type": "GANLoss", "gan_type": "vanilla", "loss_weight": 0.1},
    },
}  # fmt: skip
PAIRS: dict[str, Any] = {
    "name": "pairs", "iterations": 8, "model": "ToSRModel", "pairs": True,
    "train": {"pair_opt": {"type": "ToSRLoss"}, "optim_g": ADAM, "scheduler": STEADY},
}  # fmt: skip
COMMON = {"frames_per_clip": 2, "validation_clips": 2, "patch": 4, "batch": 2, "validate_every": 3}
RECIPES: dict[str, dict[str, Any]] = {
    "srresnet": {**COMMON, "network": {"num_feat": 4, "num_block": 1}, "stages": [GAN]},
    "vdsr": {**COMMON, "network": {"num_feat": 4, "num_layer": 3}, "flow": "dis", "stages": [PAIRS]},
}
Ask = Callable[..., TrainingRequest]


@pytest.fixture
def ask(made_clips: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Requests for the benchmark ``tiny.yaml`` of a few made clips."""
    home = tmp_path / "home" / "datasets"
    home.mkdir(parents=True)
    made_clips(classes=2, per_class=3).rename(home / "mini-2")
    (home / "mini-2" / "test.csv").rename(home / "mini-2" / "train.csv")
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    (tmp_path / "training" / "tiny").mkdir(parents=True)
    for name, recipe in RECIPES.items():
        write(tmp_path, name, recipe)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(BENCHMARK))

    def asked(name: str, out: str = "out", **more: Any) -> TrainingRequest:
        values = {"benchmark": str(tmp_path / "tiny.yaml"), "device": "cpu", **more}
        return TrainingRequest(name=name, out=tmp_path / out, **values)

    return asked


def write(folder: Path, name: str, recipe: Mapping[str, Any]) -> None:
    (folder / "training" / "tiny" / f"{name}.yaml").write_text(yaml.safe_dump(dict(recipe)))


@pytest.mark.parametrize("name", RECIPES)
def test_an_interrupted_training_resumes_to_the_same_curve(
    name: str, ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    train(ask(name, "whole"))
    step = LineDisplay.step

    def interrupt(self: LineDisplay, iteration: int, losses: Mapping[str, float]) -> None:
        if iteration == 5:
            raise KeyboardInterrupt
        step(self, iteration, losses)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(LineDisplay, "step", interrupt)
        train(ask(name, "parts"))
    train(ask(name, "parts", resume=True))
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert (whole / "losses.csv").read_text() == (parts / "losses.csv").read_text()
    assert len((whole / "losses.csv").read_text().splitlines()) == 9
    file = f"{name}-tiny-x4.safetensors"
    assert (whole / file).read_bytes() == (parts / file).read_bytes()


def test_a_network_that_makes_frames_between_learns_from_clips_of_the_full_rate(ask: Ask, tmp_path: Path) -> None:
    network = {"num_feat": 4, "num_block": 1, "num_refine": 2}
    recipe = {**COMMON, "network": network, "stages": [{"name": "tpsr", "iterations": 3, "train": PIXELS}]}
    write(tmp_path, "tpsr", {**recipe, "sequence": 4})
    with pytest.raises(UsageError, match="TPSR makes frames between others: set sequence: 5, an odd number"):
        train(ask("tpsr"))
    write(tmp_path, "tpsr", {**recipe, "sequence": 5})
    train(ask("tpsr"))
    assert load_state(tmp_path / "out" / "tpsr-tiny-x4.safetensors")["enter.weight"].shape == (4, 3, 3, 3)
    rows = list(csv.DictReader((tmp_path / "out" / "losses.csv").open()))
    assert len(rows) == 3 and float(rows[-1]["psnr_y"]) > 10


def test_a_training_starts_from_the_weights_it_is_given(ask: Ask, tmp_path: Path) -> None:
    still = {**PIXELS, "optim_g": {**ADAM, "lr": 0.0}}
    recipe = {**RECIPES["srresnet"], "stages": [{"name": "still", "iterations": 3, "train": still}]}
    write(tmp_path, "srresnet", recipe)
    train(ask("srresnet", "first"))
    weights = tmp_path / "first" / "srresnet-tiny-x4.safetensors"
    write(tmp_path, "srresnet", {**recipe, "seed": 1})
    for out, init in (("again", str(weights)), ("anew", None)):
        train(ask("srresnet", out, init=init))
    states = {out: load_state(tmp_path / out / weights.name) for out in ("first", "again", "anew")}
    name = "conv_first.weight"
    assert torch.equal(states["again"][name], states["first"][name])
    assert not torch.equal(states["anew"][name], states["first"][name])
    card = (tmp_path / "again" / weights.name).with_suffix(".md").read_text()
    assert f"| start | {weights.name}, sha256 {sha256(weights)} |" in card
    with pytest.raises(UsageError, match=r"cannot resume: .*still\.yml differs .* in start"):
        train(ask("srresnet", "again", resume=True))


def test_a_start_brings_its_network_and_its_tags_are_named(ask: Ask) -> None:
    assert dict(plan(ask("srresnet", init="mini-2")).recipe.network)["num_feat"] == 32
    with pytest.raises(UsageError, match=r"mimi: no such file, and no tag of the x4 weights of \w+; its tags: mini-2"):
        plan(ask("srresnet", init="mimi"))


def test_a_loss_that_is_no_number_stops_and_names_the_last_good_state(ask: Ask, tmp_path: Path) -> None:
    wild = {**PIXELS, "optim_g": {**ADAM, "lr": 1e37}}
    write(tmp_path, "srresnet", {**RECIPES["srresnet"], "validate_every": 1,
                                 "stages": [{"name": "wild", "iterations": 8, "train": wild}]})  # fmt: skip
    with pytest.raises(HarnessError, match=r"stage wild: loss l_pix is (nan|inf) at iteration \d; .*--out"):
        train(ask("srresnet"))


def test_a_disk_that_is_full_stops_the_training(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(state: Any, path: str) -> None:
        Path(path).write_bytes(b"PK")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(HarnessError, match=r"net_g_3\.pth could not be written; make room"):
        train(ask("srresnet"))


def test_a_folder_of_videos_with_another_scale_and_network(
    ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    videos = tmp_path / "home" / "datasets" / "mini-2" / "test"
    recipe = tmp_path / "training" / "tiny" / "vdsr.yaml"
    train(ask("vdsr", benchmark=None, data=videos, scale=2, recipe=str(recipe), iters=2))
    shown = capsys.readouterr().out
    checkpoint = tmp_path / "out" / "vdsr-test-x2.safetensors"
    assert f"harness upscale VIDEO --scale 2 --out BIG.mp4 --sr vdsr:checkpoint={checkpoint}" in shown
    card = checkpoint.with_suffix(".md").read_text()
    assert "videos/test, bicubic:scale=2: 10 frames of 5 clips" in card and "1 clips held out" in card
    with pytest.raises(UsageError, match="--scale 2: benchmark tiny has scale 4"):
        plan(ask("vdsr", scale=2))
    with pytest.raises(UsageError, match="srresnet is one network"):
        plan(ask("srresnet", arch="vdsr"))


def test_with_a_benchmark_data_is_its_data_set_of_which_the_test_clips_are_left_alone(ask: Ask, tmp_path: Path) -> None:
    elsewhere = (tmp_path / "home" / "datasets" / "mini-2").rename(tmp_path / "elsewhere")
    learned = (elsewhere / "train.csv").read_text().splitlines(keepends=True)
    (elsewhere / "train.csv").write_text("".join(learned[:4]))
    (elsewhere / "test.csv").write_text("".join(learned[:1] + learned[4:]))
    source = setting_of(ask("vdsr", data=elsewhere), SRMethodSpec)
    assert [clip.id for clip in source.clips] == ["clip_0", "clip_1", "clip_2"] and source.trained_on == "mini-2/train"
    with pytest.raises(UsageError, match="give --benchmark NAME or --data FOLDER_OF_VIDEOS"):
        plan(ask("vdsr", benchmark=None))


def test_a_dry_run_prints_the_plan_and_writes_nothing(
    ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(ask("vdsr", dry_run=True))
    shown = capsys.readouterr().out
    assert "mini-2/train: 6 clips" in shown and "216 parameters" in shown and "pairs 8 (ToSRModel)" in shown
    assert "it would start from scratch" in shown
    assert not (tmp_path / "out").exists() and not (tmp_path / "home" / "training-frames").exists()


def test_the_frame_cache_is_as_large_as_announced(ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(ask("vdsr", dry_run=True))
    announced = float(re.search(r"frame cache +about ([\d.]+) MB", capsys.readouterr().out)[1])  # type: ignore[index]
    folder = plan(ask("vdsr")).cache
    assert announced == pytest.approx(sum(file.stat().st_size for file in folder.glob("*.bin")) / 1e6, rel=0.02)


def test_frames_are_shared_unless_the_data_set_reads_them_otherwise(ask: Ask, tmp_path: Path) -> None:
    first, again = (plan(ask("vdsr", out)).cache for out in ("first", "again"))
    assert first == again
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump({**BENCHMARK, "dataset": "mini-2:size=64x48"}))
    assert plan(ask("vdsr")).cache != first


@pytest.mark.parametrize("name", RECIPES)
def test_a_training_past_the_bound_of_the_cache_sees_the_same(
    name: str, ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(ask(name, "within"))
    assert "is full" not in capsys.readouterr().err
    shutil.rmtree(tmp_path / "home" / "training-frames")
    train(ask(name, "past", cache_size=2e-5))
    assert capsys.readouterr().err.count("is full") == 1
    assert sum(file.stat().st_size for file in (tmp_path / "home" / "training-frames").rglob("*.bin")) <= 2e4
    for file in ("losses.csv", f"{name}-tiny-x4.safetensors"):
        assert (tmp_path / "past" / file).read_bytes() == (tmp_path / "within" / file).read_bytes(), file


def test_the_checkpoint_says_what_it_is(ask: Ask, tmp_path: Path) -> None:
    train(ask("srresnet", iters=1))
    said = described(tmp_path / "out" / "srresnet-tiny-x4.safetensors")
    assert (said["licence"], said["trained_on"], said["scale"]) == ("Apache-2.0", "mini-2/train", 4)
    assert said["note"] == (
        "srresnet (num_block 1, num_feat 4), trained on mini-2/train by the recipe tiny/srresnet.yaml"
    )


def test_recipes_that_do_not_fit_are_refused(ask: Ask, tmp_path: Path) -> None:
    square = {"type": "VGGStyleDiscriminator", "num_in_ch": 3, "num_feat": 4}
    for name, change, message in (
        ("srresnet", {"stages": [{**GAN, "network_d": square}]}, "patches of 16 HR pixels, but .* takes 128"),
        ("vdsr", {"stages": [{**GAN, "name": "g"}]}, "VDSR restores 1 channel"),
        ("vdsr", {"flow": None}, "pairs and motion_weight need flow"),
    ):
        write(tmp_path, name, {**RECIPES[name], **change})
        with pytest.raises(UsageError, match=message):
            plan(ask(name))
        write(tmp_path, name, RECIPES[name])


@pytest.mark.slow
def test_two_processes_train_one_network(ask: Ask, tmp_path: Path) -> None:
    """Each sees half of the patches: with a batch of half the size the weights are, but for rounding, the same."""
    pixels = {**COMMON, "network": {"num_feat": 4, "num_layer": 3},
              "stages": [{"name": n, "iterations": 4, "train": PIXELS} for n in ("one", "two")]}  # fmt: skip
    write(tmp_path, "vdsr", {**pixels, "batch": 1})
    code = (
        "import sys; from pathlib import Path; import torch; torch.set_num_threads(1);"
        "from harness.contracts import TrainingRequest; from harness_basicsr.training.train import train;"
        f"out = Path({str(tmp_path / 'two')!r});"
        f"train(TrainingRequest('vdsr', {str(tmp_path / 'tiny.yaml')!r}, out, device='cpu'))"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "29577"]
    done = subprocess.run([*command, str(script)], capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("use it") == 1
    write(tmp_path, "vdsr", {**pixels, "batch": 2})
    train(ask("vdsr", "one"))
    one, two = (load_state(tmp_path / out / "vdsr-tiny-x4.safetensors") for out in ("one", "two"))
    assert all(torch.allclose(one[key], two[key], atol=1e-5) for key in one)
    rows = [list(csv.DictReader((tmp_path / out / "losses.csv").open())) for out in ("one", "two")]
    for a, b in zip(*rows, strict=True):
        assert float(a["l_pix"]) == pytest.approx(float(b["l_pix"]), rel=1e-3)
