"""SR4IR: its losses against direct formulas, its two phases, and a training from command to weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
import yaml
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate
from typer.testing import CliRunner

from harness.cli.main import app
from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness.training.judges import Judge
from harness.weights import user
from harness.weights.header import described
from harness.weights.loading import load_state, save_state
from harness_basicsr.networks import registered  # noqa: F401  (registers with basicsr)
from harness_basicsr.training import judging, sr4ir_model  # noqa: F401  (registers with basicsr)
from harness_basicsr.training.judging import current_judge, judged_by
from harness_basicsr.training.losses.task_driven import TaskDrivenPerceptualLoss, mixed, random_mask, shown_to
from harness_basicsr.training.train import train

from basicsr.models import build_model  # isort: skip


class Stream:
    """A convolution and a classifier of three classes, on squares of 12 pixels."""

    input_size = 12

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.network = nn.ModuleList([nn.Conv2d(3, 5, 3), nn.Linear(5, 3)]).eval().requires_grad_(False)

    def features(self, frames: Tensor) -> Tensor:
        return cast(Tensor, self.network[0](frames))

    def classify(self, features: Tensor) -> Tensor:
        return cast(Tensor, self.network[1](features.mean((2, 3))))


class Judged:
    def __init__(self) -> None:
        self.stream = Stream()
        self.labels = {"a": 2, "b": 0}


@pytest.fixture
def stream() -> Iterator[Stream]:
    judged = Judged()
    with judged_by(cast(Judge, judged)):
        yield judged.stream


def test_the_perceptual_loss_is_the_mean_difference_of_features_and_teaches_restored_frames_alone(
    stream: Stream,
) -> None:
    sr, hr = torch.rand(2, 3, 8, 8, requires_grad=True), torch.rand(2, 3, 8, 8)
    found, style = TaskDrivenPerceptualLoss(0.5)(sr, hr)
    large = [interpolate(frames, (12, 12), mode="bilinear", align_corners=False) for frames in (sr, hr)]
    first, second = (stream.network[0](frames).detach().numpy() for frames in large)
    assert style is None and float(found.detach()) == pytest.approx(0.5 * np.abs(first - second).mean(), rel=1e-5)
    found.backward()
    assert sr.grad is not None and sr.grad.abs().sum() > 0
    assert all(value.grad is None for value in stream.network.parameters())


def test_frames_of_clips_and_of_luma_are_shown_one_by_one(stream: Stream) -> None:
    clip = torch.rand(2, 4, 3, 12, 12)
    assert torch.equal(shown_to(stream, clip), clip.flatten(0, 1))
    luma = torch.rand(2, 1, 12, 12)
    assert torch.equal(shown_to(stream, luma)[:, 2:], luma)


def test_a_mixture_takes_each_sixteenth_from_either_frame() -> None:
    mask = random_mask(200, torch.zeros(1))
    assert mask.shape == (200, 1, 4, 4) and set(mask.unique().tolist()) == {0.0, 1.0}
    assert float(mask.mean()) == pytest.approx(0.5, abs=0.03) and len(mask.flatten(1).unique(dim=0)) > 150
    sr, hr = torch.rand(200, 3, 224, 224)[:3], torch.rand(3, 3, 224, 224)
    large = np.kron(mask[:3].numpy(), np.ones((1, 1, 56, 56)))
    expected = np.where(large == 1, sr.numpy(), hr.numpy())
    np.testing.assert_array_equal(mixed(sr, hr, mask[:3]).numpy(), expected)


def options(**train: Any) -> dict[str, Any]:
    return {
        "model_type": "SR4IRModel", "num_gpu": 0, "is_train": True, "dist": False, "rank": 0, "scale": 4, "path": {},
        "datasets": {"train": {"view": "frame"}}, "manual_seed": 3,
        "network_g": {"type": "EDSR", "num_in_ch": 3, "num_out_ch": 3, "num_feat": 4, "num_block": 1, "upscale": 4},
        "train": {
            "pixel_opt": {"type": "L1Loss", "loss_weight": 1.0, "reduction": "mean"},
            "optim_g": {"type": "AdamW", "lr": 1e-3},
            "optim_c": {"type": "SGD", "lr": 3e-2, "momentum": 0.9, "weight_decay": 1e-4, "eta_min": 1e-4},
            "scheduler": {"type": "CosineAnnealingRestartLR", "periods": [9], "restart_weights": [1], "eta_min": 1e-6},
            **train,
        },
    }  # fmt: skip


def batch() -> dict[str, Any]:
    generator = torch.Generator().manual_seed(1)
    low, high = (torch.rand(2, 3, side, side, generator=generator) for side in (3, 12))
    return {"lq": low, "gt": high, "lq_path": ["a", "b"]}


def state_of(network: nn.Module) -> list[Tensor]:
    return [value.detach().clone() for value in network.parameters()]


def test_the_recogniser_learns_from_what_the_updated_network_restores_and_teaches_it_nothing(stream: Stream) -> None:
    built = build_model(options())
    before, data = state_of(stream.network), batch()
    built.feed_data(data)
    built.optimize_parameters(1)
    log, classes = built.get_current_log(), torch.tensor([2, 0])
    restored = built.net_g(data["lq"]).detach()
    after = state_of(stream.network)
    assert not any(map(torch.equal, before, after))
    assert not stream.network.training and not any(value.requires_grad for value in stream.network.parameters())
    for value, old in zip(stream.network.parameters(), before, strict=True):
        value.data.copy_(old)
    for name, frames in (("l_class_sr", restored), ("l_class_hr", data["gt"])):
        expected = 0.34 * cross_entropy(stream.classify(stream.features(frames)), classes)
        assert log[name] == pytest.approx(float(expected), rel=1e-5)
    alone = build_model({**options(), "model_type": "AdamWSRModel"})
    assert isinstance(alone.optimizer_g, torch.optim.AdamW) and set(log) > {"l_pix", "l_class_mix"}
    assert [group.eta_min for group in built.schedulers] == [1e-6, 1e-4]


def test_mixtures_depend_on_seed_and_iteration_alone(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    masks: list[Tensor] = []

    def spy(count: int, like: Tensor) -> Tensor:
        masks.append(random_mask(count, like))
        return masks[-1]

    monkeypatch.setattr(sr4ir_model, "random_mask", spy)
    built = build_model(options())
    built.feed_data(batch())
    for iteration in (7, 8, 7):
        torch.rand(5)  # whatever else draws numbers
        built.optimize_parameters(iteration)
    assert torch.equal(masks[0], masks[2]) and not torch.equal(masks[0], masks[1])


STAGE = {
    "model": "SR4IRModel",
    "train": {
        "pixel_opt": {"type": "L1Loss", "loss_weight": 1.0, "reduction": "mean"},
        "optim_g": {"type": "AdamW", "lr": 1e-3},
        "optim_c": {"type": "SGD", "lr": 1e-2, "momentum": 0.9, "eta_min": 1e-4},
        "scheduler": {"type": "CosineAnnealingRestartLR", "restart_weights": [1], "eta_min": 1e-6},
    },
}
PERCEPTUAL = {"perceptual_opt": {"type": "TaskDrivenPerceptualLoss", "loss_weight": 1.0}}


def recipe(model: str, judge: str | None) -> dict[str, Any]:
    train: dict[str, Any] = cast("dict[str, Any]", STAGE["train"])
    stages = [
        {**STAGE, "model": model, "name": "warm-up", "iterations": 2},
        {**STAGE, "model": model, "name": "tuned", "iterations": 3, "train": {**train, **PERCEPTUAL}},
    ]
    network = {"num_feat": 4, "num_block": 1}
    sizes = {"frames_per_clip": 2, "validation_clips": 2, "patch": 8, "batch": 2, "validate_every": 2}
    return {"arch": "edsr", "network": network, **sizes, "judge": judge, "stages": stages}


@pytest.fixture
def setting(drifting_clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., TrainingRequest]:
    """Writes a benchmark of drifting textures, weights of TSN for its two classes, and a recipe."""
    from harness_mmaction.networks.network import build_network, builtin_config

    torch.manual_seed(0)
    weights = tmp_path / "spatial.safetensors"
    save_state(weights, build_network(builtin_config("spatial", 2, stack=5), "test").state_dict(), {})
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    views = {"crops": "centre", "short_side": 32, "input_size": 32}
    keys = {
        "name": "tiny", "title": "tiny", "dataset": "mini-2", "split": "test", "train_split": "train", "scale": 4,
        "degradation": "bicubic:scale=4", "flow": "dis", "weights": "tiny", "sr": ["bicubic"],
        "recognizers": {"tsn": views}, "probes": ["psnr_y"],
    }  # fmt: skip
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(keys))

    def make(model: str, judge: str | None = f"tsn:checkpoint={weights}", **more: Any) -> TrainingRequest:
        (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe(model, judge)))
        given = {"benchmark": str(tmp_path / "tiny.yaml"), "data": drifting_clips, **more}
        (tmp_path / "out").mkdir(exist_ok=True)
        return TrainingRequest(
            "edsr", out=tmp_path / "out", device="cpu", recipe=str(tmp_path / "recipe.yaml"), **given
        )

    return make


def test_alternate_leaves_both_networks_which_say_what_they_were_tuned_to(
    setting: Callable[..., TrainingRequest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(setting("SR4IRModel"))
    told = capsys.readouterr()
    out = tmp_path / "out"
    files = [out / f"{name}edsr-recipe-tiny-x4.safetensors" for name in ("", "tsn-spatial-")]
    assert all(f"harness weights add {file} --tag sr4ir-edsr-recipe" in told.out + told.err for file in files)
    assert "tuned to the recogniser tsn (weights of your own)" in described(files[0])["note"]
    assert "| tuned to | tsn:checkpoint=" in files[0].with_suffix(".md").read_text()
    said = described(files[1])
    assert (said["method"], said["stream"], said["trained_on"]) == ("tsn", "spatial", "mini-2/train")
    started = load_state(tmp_path / "spatial.safetensors")
    learned = load_state(files[1])
    key = "cls_head.fc_cls.weight"
    assert not torch.equal(started[key], learned[key])
    assert torch.equal(learned[key], load_state(out / "experiments" / "tuned" / "models" / "net_c_latest.pth")[key])
    for file in files:
        added = CliRunner().invoke(app, ["weights", "add", str(file), "--tag", "sr4ir"])
        assert added.exit_code == 0, added.output
    notes = {own.name: own.weights.note for own in user.known() if own.weights.tag == "sr4ir"}
    assert notes["edsr"] == described(files[0])["note"] and "trained further with edsr-recipe" in notes["tsn"]
    before = files[1].read_bytes()
    train(setting("SR4IRModel", resume=True))
    assert files[1].read_bytes() == before


def test_frozen_leaves_the_recogniser_as_it_is(setting: Callable[..., TrainingRequest], tmp_path: Path) -> None:
    train(setting("AdamWSRModel"))
    found = {file.name for file in (tmp_path / "out").glob("*.safetensors")}
    assert found == {"edsr-recipe-tiny-x4.safetensors"}


@pytest.mark.parametrize(
    ("judge", "message"),
    [
        (None, "stage warm-up: it is tuned to a recogniser: name one, such as judge: tsn"),
        ("stresnet", "judge: stresnet has no spatial stream"),
        ("tsn", "judge: 'tsn' has no weights 'tiny'"),
    ],
)
def test_what_cannot_judge_is_refused_before_anything_is_decoded(
    setting: Callable[..., TrainingRequest], judge: str | None, message: str
) -> None:
    from harness.errors import HarnessError

    with pytest.raises(HarnessError, match=message):
        train(setting("SR4IRModel", judge))


def test_videos_without_classes_and_code_outside_a_training_are_refused(
    setting: Callable[..., TrainingRequest],
) -> None:
    with pytest.raises(UsageError, match=r"judge: tsn.* knows the classes of a benchmark"):
        train(setting("SR4IRModel", benchmark=None))
    with pytest.raises(UsageError, match="name one in the recipe"):
        current_judge()
