"""HR and restored clips as samples of one set, through the real command and mmengine's Runner, and a run of it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from typer.testing import CliRunner

import harness
from harness import api
from harness.cli.main import app
from harness.contracts import TrainingRequest
from harness.errors import UsageError, WeightsError
from harness.paths import benchmarks_folder
from harness.training.recipes import find_recipe, read_recipe
from harness.weights.header import described
from harness.weights.loading import load_state, save_state
from harness_attentive.coupled.recognizer import Coupled, build
from harness_attentive.coupled.train import CoupledLearner, CoupledRecipe, train
from harness_attentive.coupled.units import Seen
from harness_attentive.recognizer import Form
from harness_i3d.recognizer import CHANNELS
from harness_mmaction.training.cache import DATA, clip_cache
from harness_mmaction.training.course import Course, course_of

CLASSES = ["right", "down"]
PROTOCOL = {"frames": 9, "short_side": 32, "input_size": 32, "flow_bound": 4.0}
WEIGHTS = "coupled-joint-tiny.safetensors"


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Small clips that are degraded by four."""
    path = tmp_path_factory.mktemp("benchmark") / "tiny.yaml"
    settings = yaml.safe_load((benchmarks_folder() / "mini-2.yaml").read_text())
    settings |= {"name": "tiny", "recognizers": {"coupled": PROTOCOL}, "probes": [], "sr": ["hr", "nearest"]}
    path.write_text(yaml.safe_dump({**settings, "pairs": []}))
    return str(path)


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Random weights of both streams, normalised by what moves to the right and down, so that features tell which."""
    folder = tmp_path_factory.mktemp("features")
    torch.manual_seed(0)
    for stream, channels in CHANNELS.items():
        network = Form("", 1, 9, narrow=8, input_size=32).network(stream, 2)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm3d):
                module.momentum = 1.0
        two_ways = -torch.eye(2, channels)[:, :, None, None, None] / 2  # two of the four pixels that bound flow
        network(two_ways + 0.1 * torch.randn(2, channels, 9, 32, 32))
        save_state(folder / f"own-{stream}.safetensors", network.state_dict(), {})
    return str(folder / "own-{stream}.safetensors")


def recipe(features: str, epochs: int, **more: Any) -> CoupledRecipe:
    values = read_recipe(find_recipe("coupled", "mini-2-12x16"), CoupledRecipe).model_dump()
    small: dict[str, Any] = {"batch": 6, "validate_every": 2, "held_out": 0.25, "epochs": {"joint": epochs}}
    return CoupledRecipe.model_validate({**values, **small, "options": {"features": features, "frames": 9}, **more})


def asked(benchmark: str, out: Path, data: Path, **more: Any) -> TrainingRequest:
    return TrainingRequest("coupled", benchmark, out, device="cpu", data=data, restore="nearest", **more)


@pytest.fixture(scope="module")
def whole(benchmark: str, features: str, drifting_clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training, by the command."""
    folder = tmp_path_factory.mktemp("whole")
    file = folder / "own.yaml"
    file.write_text(yaml.safe_dump(recipe(features, 4).model_dump(mode="json")))
    options = ["--data", str(drifting_clips), "--device", "cpu", "--restore", "nearest", "--out", str(folder / "out")]
    command = ["train", "coupled", "--benchmark", benchmark, "--recipe", str(file), *options]
    found = CliRunner(env={"HARNESS_HOME": str(folder)}).invoke(app, command, catch_exceptions=False)
    assert found.exit_code == 0, found.output
    assert "features: 16 of 16" in found.stderr and "features of restored frames: 16 of 16" in found.stderr
    return folder / "out"


@pytest.fixture(scope="module")
def short(whole: Path, benchmark: str, features: str, drifting_clips: Path) -> Path:
    """The folder of the first half of it."""
    out = whole.with_name("short")
    train(asked(benchmark, out, drifting_clips), recipe=recipe(features, 2))
    return out


def course(benchmark: str, features: str, data: Path, out: Path) -> Course[CoupledRecipe]:
    return course_of(CoupledLearner(), asked(benchmark, out, data), None, recipe(features, 2))


def recogniser(file: Path, features: str) -> Coupled:
    return build(
        stream="joint", class_names=CLASSES, device=torch.device("cpu"), checkpoint=str(file), features=features,
        **PROTOCOL,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_separable_problem_is_learnt_and_the_card_says_from_what(whole: Path) -> None:
    rows = list(csv.DictReader((whole / "losses.csv").open()))
    accuracies = [float(row["top1"]) for row in rows if row["top1"]]
    assert len(accuracies) == 2 and min(accuracies) >= 87.5, "seven of eight held-out samples, four of each way"
    card = (whole / WEIGHTS).with_suffix(".md").read_text()
    for part in (
        "every clip in HR and in LR, LR restored by nearest, 16 clips", "own-spatial.safetensors, sha256 ",
        "own-temporal.safetensors, sha256 ", "4 of 4 iterations, batch 6 |", "RMSprop, rate 0.001, decay 0.0",
        "4 clips of the training split, whole groups", "HR and restored frames, clipped at +-4.0 px",
        "--restore nearest |", "2 units of I3D on 9 frames",
    ):  # fmt: skip
        assert part in card, part


def test_a_run_scores_both_kinds_of_clips_as_their_cached_units_are(
    whole: Path, benchmark: str, features: str, drifting_clips: Path, tmp_path: Path
) -> None:
    file = whole / WEIGHTS
    done = api.run(
        benchmark, recognizer=f"coupled:checkpoint={file},features={features}", sr="nearest", data=drifting_clips,
        limit=4, out=tmp_path / "run", device="cpu",
    )  # fmt: skip
    assert done.ok
    record = harness.load_run(tmp_path / "run")
    clips = record.clips[record.clips["stream"] == "joint"]
    assert set(clips["method"]) == {"hr", "bicubic", "nearest"}
    network = recogniser(file, features).network
    of_training = course(benchmark, features, drifting_clips, whole)
    for kind, method in (("features", "hr"), ("features of restored frames", "nearest")):
        kept, setting = of_training.kept[kind], of_training.setting
        store = kept.store(clip_cache(setting, kept, 1e9))
        numbers = {entry.clip: number for number, entry in enumerate(store.entries)}
        for row in clips[clips["method"] == method].itertuples():
            spatial, temporal = torch.tensor(store.arrays(numbers[row.clip])[DATA])[:, None]
            with torch.inference_mode():
                expected = network(spatial, temporal)[0]
            np.testing.assert_allclose(row.scores, expected, rtol=1e-4, atol=1e-4)


def test_a_resumed_training_ends_as_if_it_had_not_stopped_and_computes_no_features(
    whole: Path, short: Path, benchmark: str, features: str, drifting_clips: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = Path(shutil.copytree(short, tmp_path / "out"))
    train(asked(benchmark, out, drifting_clips, resume=True), recipe=recipe(features, 4))
    assert "features" not in capsys.readouterr().err
    straight, before, found = (load_state(folder / WEIGHTS) for folder in (whole, short, out))
    assert all(torch.equal(found[key], value) for key, value in straight.items())
    assert not torch.equal(found["classes.weight"], before["classes.weight"])
    other = features.replace("own-{stream}", "own-spatial")
    with pytest.raises(UsageError, match="joint was begun with another features; give the same again"):
        train(asked(benchmark, out, drifting_clips, resume=True), recipe=recipe(other, 4))


def test_both_samples_of_a_held_out_group_are_held_out_and_nothing_is_learnt_from_them(
    whole: Path, short: Path, benchmark: str, features: str, drifting_clips: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made = course(benchmark, features, drifting_clips, tmp_path)
    learned, measured = made.samples
    groups = [clip.group for clip in made.setting.clips] * 2
    assert sorted(learned + measured) == list(range(32)) and len(measured) == 8
    assert not {groups[n] for n in learned} & {groups[n] for n in measured}
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    cache = Path(shutil.copytree(whole.parent / "training-frames", tmp_path / "training-frames"))
    for folder in cache.iterdir():
        units = np.memmap(folder / f"{DATA}.bin", np.float32, "r+", shape=(16, 2, 2, 128))
        units[[n for n in measured if n < 16]] = np.nan
        units.flush()
    train(asked(benchmark, tmp_path / "out", drifting_clips), recipe=recipe(features, 2))
    assert (tmp_path / "out" / WEIGHTS).read_bytes() == (short / WEIGHTS).read_bytes()


def test_weights_say_over_which_features_they_were_learnt(whole: Path, features: str, tmp_path: Path) -> None:
    said = described(whole / WEIGHTS)
    assert said["method"] == "coupled" and said["options"] == {"features": features, "frames": 9}
    assert {key.split(".")[0] for key in load_state(whole / WEIGHTS)} == {"spatial", "temporal", "classes"}
    with pytest.raises(WeightsError, match=r"was not learnt over the features of .*own-spatial.* its data card names"):
        recogniser(whole / WEIGHTS, features.replace("{stream}", "spatial"))


@pytest.mark.parametrize(
    ("more", "said", "words"),
    [
        ({"mix": (2, 2)}, {}, "--mix: coupled learns from every clip in HR and in LR; leave it out"),
        ({}, {"start": "imagenet"}, "start: imagenet: coupled starts from scratch, or a file"),
        ({"teacher": "x.pth"}, {}, "--teacher: coupled learns from labels alone"),
    ],
)
def test_what_it_cannot_learn_from_is_refused(
    benchmark: str, features: str, drifting_clips: Path, tmp_path: Path, more: dict[str, Any], said: dict[str, Any],
    words: str,
) -> None:  # fmt: skip
    with pytest.raises(UsageError, match=words):
        train(asked(benchmark, tmp_path, drifting_clips, **more), recipe=recipe(features, 2, **said))


def test_a_recipe_in_half_precision_is_refused(features: str) -> None:
    with pytest.raises(ValueError, match="this recogniser learns in fp32 alone"):
        recipe(features, 2, precision="bf16")


@pytest.mark.parametrize("name", ["mini-2-12x16", "hmdb51-12x16"])
def test_shipped_recipes_fit_the_recogniser(name: str) -> None:
    found = read_recipe(find_recipe("coupled", name), CoupledRecipe)
    found.require_streams(["joint"])
    assert (found.optimizer, found.learning_rate, found.batch, found.epochs) == ("rmsprop", 0.001, 256, {"joint": 50})
    assert Seen(**found.options).count in (2, 8)  # type: ignore[arg-type]
