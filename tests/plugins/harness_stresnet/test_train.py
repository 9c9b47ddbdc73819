"""A short training of a small ST-ResNet through mmengine's Runner, on rendered clips."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from numpy.typing import NDArray

from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness.paths import benchmarks_folder
from harness.specs import RecognizerSpec
from harness.training.recipes import find_recipe, read_recipe
from harness.training.setting import setting_of
from harness.video.frames import to_tensor
from harness.weights.header import described
from harness.weights.loading import load_state
from harness_stresnet.network import raw_scores
from harness_stresnet.stresnet import JointStream, build
from harness_stresnet.train import STResNetRecipe, train

CLASSES = ["right", "down"]
NETWORK = {"depth": 26, "width": 4, "stack": 2, "flow_bound": 4.0}


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The mini-2 benchmark under another name, with a protocol for stresnet."""
    path = tmp_path_factory.mktemp("benchmark") / "tiny.yaml"
    settings = yaml.safe_load((benchmarks_folder() / "mini-2.yaml").read_text())
    settings |= {"name": "tiny", "recognizers": {"stresnet": {"segments": 3, "stack": 2}}}
    path.write_text(yaml.safe_dump(settings))
    return str(path)


def recipe(epochs: int | dict[str, int], **more: Any) -> STResNetRecipe:
    values = read_recipe(find_recipe("stresnet", "mini-2"), STResNetRecipe).model_dump()
    small: dict[str, Any] = {"crop": 32, "batch": 4, "validate_every": 1, "held_out": 0.25}
    small["epochs"] = {"joint": epochs} if isinstance(epochs, int) else epochs
    # the benchmark says two fields of flow, and it goes before
    options = {**NETWORK, "stack": 5}
    return STResNetRecipe.model_validate({**values, **small, "options": options, "stride": (1, 3), **more})


def asked(benchmark: str, out: Path, data: Path, **more: Any) -> TrainingRequest:
    return TrainingRequest("stresnet", benchmark, out, device="cpu", data=data, **more)


def losses(out: Path) -> dict[int, float]:
    """The loss that the logs in a folder tell of at the end of each epoch, the last word on each."""
    files = sorted((out / "joint").glob("*/vis_data/*.json"), key=lambda path: path.stat().st_mtime)
    rows = [json.loads(line) for path in files for line in path.read_text().splitlines() if '"loss"' in line]
    return {row["epoch"]: row["loss"] for row in rows}


@pytest.fixture(scope="module")
def whole(drifting_clips: Path, benchmark: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training of eight epochs."""
    out = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_HOME", str(out))
        train(asked(benchmark, out, drifting_clips), recipe=recipe(8, **CONSTANT))
    return out


CONSTANT = {"optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.02, "warm_up": 0.0, "steps": (1000,), "colour": 0.0}
"""A rate that does not depend on the number of epochs."""


def test_training_lowers_the_loss(whole: Path) -> None:
    found = losses(whole)
    assert set(found) == set(range(1, 9))
    assert np.mean([found[7], found[8]]) < 0.9 * found[1]


def recogniser(weights: Path, **options: Any) -> JointStream:
    settings = {**NETWORK, "segments": 3, "crops": "centre", "mirror": False, "short_side": 32, "input_size": 32}
    return build(
        stream="joint", class_names=CLASSES, device=torch.device("cpu"), weights=weights, **{**settings, **options}
    )


def test_the_exported_weights_are_those_that_were_trained(whole: Path) -> None:
    weights = whole / "stresnet-joint-tiny.safetensors"
    said = described(weights)
    assert (said["method"], said["stream"], said["options"]["depth"]) == ("stresnet", "joint", 26)
    assert said["options"]["stack"] == 2, "the benchmark's, which goes before the recipe's"
    assert said["trained_on"].endswith("/train")
    built = recogniser(weights)
    state = torch.load(whole / "joint" / "epoch_8.pth", weights_only=True)["state_dict"]
    trained = recogniser(weights).network
    trained.load_state_dict(state)
    rgb, flow = torch.rand(3, 3, 32, 36) * 255, torch.rand(3, 4, 32, 36) * 255
    with torch.inference_mode():
        expected, found = raw_scores(trained, rgb, flow), raw_scores(built.network, rgb, flow)
    torch.testing.assert_close(found, expected, rtol=2e-2, atol=2e-2)
    assert float(expected.std()) > 0.05, "the scores say something"
    card = weights.with_suffix(".md").read_text()
    for part in (
        "# ST-ResNet, joint stream", "8 of 3 iterations, batch 4, 3 segments", "stacks of 2", "random weights",
        "SGD, momentum 0.9", "STResNet of 26 layers, width 4", "Trained from random weights",
    ):  # fmt: skip
        assert part in card, part


def test_a_resumed_training_ends_as_if_it_had_not_stopped(
    whole: Path, drifting_clips: Path, benchmark: str, tmp_path: Path
) -> None:
    train(asked(benchmark, tmp_path, drifting_clips), recipe=recipe(1, **CONSTANT))
    train(asked(benchmark, tmp_path, drifting_clips, resume=True), recipe=recipe(3, **CONSTANT))
    # a logged loss is the mean over the (at most ten) iterations since the start, or since it went on
    straight, stopped = losses(whole), losses(tmp_path)
    assert stopped[1] == pytest.approx(straight[1], rel=1e-5)
    assert stopped[2] == pytest.approx(2 * straight[2] - straight[1], rel=1e-4)
    assert stopped[3] == pytest.approx((3 * straight[3] - straight[1]) / 2, rel=1e-4)
    checkpoint = torch.load(tmp_path / "joint" / "epoch_3.pth", weights_only=True)
    assert checkpoint["meta"]["iter"] == 9


def test_a_training_starts_from_an_earlier_one(
    whole: Path, drifting_clips: Path, benchmark: str, tmp_path: Path
) -> None:
    still = {**CONSTANT, "learning_rate": 1e-9, "start": str(whole / "stresnet-{stream}-tiny.safetensors")}
    train(asked(benchmark, tmp_path, drifting_clips), recipe=recipe(1, **still))
    found, before = (load_state(out / "stresnet-joint-tiny.safetensors") for out in (tmp_path, whole))
    for key, value in before.items():
        if "running" not in key:
            torch.testing.assert_close(found[key], value, rtol=1e-3, atol=1e-4)


def caches(out: Path) -> dict[str, Any]:
    """The folders of both caches that a training left."""
    return {kind: str(next((out / "training-frames").glob(f"{kind}-*"))) for kind in ("frames", "flow")}


def test_the_data_set_shows_what_the_recogniser_sees(whole: Path, drifting_clips: Path, benchmark: str) -> None:
    from harness_stresnet.dataset import CachedJointClips

    setting = setting_of(asked(benchmark, whole, drifting_clips), RecognizerSpec)
    dataset, clips, folders = setting.dataset, setting.clips, caches(whole)
    estimator, _ = setting.flow("dis", torch.device("cpu"))
    cached = CachedJointClips(
        **folders, indices=range(16), classes=CLASSES, segments=3, stride=(1, 3), stack=2, crop=32, training=False
    )
    built = recogniser(whole / "stresnet-joint-tiny.safetensors")
    for index in (0, 5, 10):
        frames = to_tensor(dataset.open(clips[index]).read())
        wants = built.wants(len(frames))
        flow = estimator.flow(*(frames[[pair[side] for pair in wants.pairs]] for side in (0, 1)))
        expected = built.stream_scores(frames[list(wants.frames)], flow)
        sample = cached[index]
        assert sample["data_samples"].gt_label.item() == clips[index].label
        with torch.inference_mode():
            found = raw_scores(built.network, *(sample["inputs"][kind][0] for kind in ("rgb", "flow")))
        torch.testing.assert_close(found, expected)


def around(flow: NDArray[np.uint8], frame: int, top: int, left: int, flip: bool) -> NDArray[np.float64]:
    """The two flow fields around a frame, mirrored or not, cut out at a place."""
    fields = flow[[min(max(start, 0), len(flow) - 1) for start in (frame - 1, frame)]].astype(float)
    if flip:
        fields = fields[:, :, ::-1] * [-1, 1] + [255, 0]
    cut = fields[:, top : top + 30, left : left + 30].transpose(0, 3, 1, 2)
    return cut.reshape(4, 30, 30)


def test_frames_and_flow_of_a_training_sample_belong_together(whole: Path) -> None:
    """Where frames are shown mirrored the flow is mirrored, and both are cut out at the same place."""
    from harness_stresnet.dataset import CachedJointClips

    folders = caches(whole)
    cached = CachedJointClips(
        **folders, indices=[0], classes=CLASSES, segments=1, stride=(1, 1), stack=2, crop=30, training=True
    )
    clip, flow = cached.frames.array(0), cached.flow.array(0)
    seen = set()
    for seed in range(12):
        torch.manual_seed(seed)
        inputs = cached[0]["inputs"]
        rgb, moved = inputs["rgb"][0, 0].permute(1, 2, 0).numpy(), inputs["flow"][0, 0].numpy()
        # the texture moves by whole pixels, so that several frames, each cut out elsewhere, may look the same
        places = [
            (t, top, left, flip)
            for t in range(len(clip)) for top in range(3) for left in range(7) for flip in (False, True)
            if np.array_equal((clip[t, :, ::-1] if flip else clip[t])[top : top + 30, left : left + 30], rgb)
        ]  # fmt: skip
        fitting = [place for place in places if np.array_equal(around(flow, *place), moved)]
        assert fitting, places
        seen.update(fitting)
    assert len(seen) > 6 and {flip for *_, flip in seen} == {False, True}


def test_positions_lie_one_random_stride_apart() -> None:
    from harness_stresnet.sampling import strided

    found = [strided(40, 5, (5, 15)) for _ in range(60)]
    steps = [set(np.diff(positions).tolist()) for positions in found]
    assert all(len(step) == 1 for step in steps) and set.union(*steps) == {5, 6, 7, 8, 9}
    assert all(positions[0] >= 0 and positions[-1] < 40 for positions in found)
    assert len({positions[0] for positions in found}) > 10
    assert strided(3, 5, (1, 1)) == [0, 0, 1, 1, 2] and strided(1, 2, (4, 8)) == [0, 0]


def test_a_dry_run_says_how_large_the_caches_become(
    whole: Path, drifting_clips: Path, benchmark: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(asked(benchmark, tmp_path / "out", drifting_clips, dry_run=True), recipe=recipe(8))
    announced = float(re.search(r"clip cache +about ([\d.]+) MB", capsys.readouterr().out)[1])  # type: ignore[index]
    size = sum(path.stat().st_size for path in (whole / "training-frames").rglob("*.bin"))
    assert announced == pytest.approx(size / 1e6, rel=0.02) and not (tmp_path / "out").exists()


def test_past_the_bound_a_joint_stream_sees_the_same(
    whole: Path, drifting_clips: Path, benchmark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    train(asked(benchmark, tmp_path, drifting_clips, cache_size=2e-4), recipe=recipe(1, **CONSTANT))
    assert losses(tmp_path)[1] == losses(whole)[1]
    assert sum(path.stat().st_size for path in (tmp_path / "training-frames").rglob("*.bin")) <= 2e5


def test_wrong_recipes_and_requests_are_refused(drifting_clips: Path, benchmark: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="depth 50 and width 64 only; write start: scratch"):
        train(asked(benchmark, tmp_path, drifting_clips), recipe=recipe(1, start="imagenet"))
    with pytest.raises(UsageError, match="epochs are missing for the stream 'joint'"):
        train(asked(benchmark, tmp_path, drifting_clips), recipe=recipe({}))
    with pytest.raises(UsageError, match="no stream 'spatial'; there are joint"):
        train(asked(benchmark, tmp_path, drifting_clips), recipe=recipe({"joint": 1, "spatial": 1}))
    with pytest.raises(UsageError, match="--arch: stresnet is a recogniser"):
        train(asked(benchmark, tmp_path, drifting_clips, arch="tsn"))
    with pytest.raises(UsageError, match=r"no recipe for stresnet on benchmark tiny: .*; write .*/training/tiny/stres"):
        train(asked(benchmark, tmp_path, drifting_clips))
    path = tmp_path / "recipe.yaml"
    text = (benchmarks_folder() / "training" / "mini-2" / "stresnet.yaml").read_text()
    for line, message in (
        ("dropout: 0.5", "dropout"), ("momentum: 0.9", "only to it"), ("stride: [8, 4]", "smallest comes first"),
        ("streams: {joint: {learning_rate: -1}}", "learning_rate"),
    ):  # fmt: skip
        kept = [row for row in text.splitlines() if row.split(":")[0] != line.split(":")[0]]
        path.write_text("\n".join([line, *kept]))
        with pytest.raises(UsageError, match=rf"recipe\.yaml[\s\S]*{message}"):
            read_recipe(path, STResNetRecipe)


@pytest.mark.parametrize(
    ("benchmark", "name"), [("mini-2", "stresnet"), ("ucf101-x4", "stresnet"), ("ucf101-x4", "stresnet-star")]
)
def test_shipped_recipes_are_whole(benchmark: str, name: str) -> None:
    read_recipe(find_recipe(name, benchmark), STResNetRecipe).require_streams(["joint"])
