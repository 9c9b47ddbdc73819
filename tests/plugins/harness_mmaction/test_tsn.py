"""The recogniser: its contract, foreign configs and checkpoints, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from harness.checks import check_declaration, check_recognizer, require
from harness.contracts import JudgingStream
from harness.errors import UnknownNameError, UsageError, WeightsError, WeightsMissingError
from harness.registry import load_registry
from harness.specs import RecognizerSpec
from harness.weights.loading import load_state
from harness_mmaction.networks.efficientnet import EfficientNetLite, imagenet_weights
from harness_mmaction.networks.network import build_network, builtin_config, load_checkpoint
from harness_mmaction.tsn import build

CLASSES = ["walk", "run", "jump", "sit", "wave", "fall"]
CPU = torch.device("cpu")
SMALL = {"segments": 3, "crops": "full", "short_side": 32, "input_size": 32, "sampling": "mmaction"}

FOREIGN = """
_base_ = "base.py"
model = dict(
    type="Recognizer2D",
    backbone=dict(type="ResNet", pretrained="https://example.invalid/resnet50.pth", depth=18, norm_eval=False),
    cls_head=dict(type="TSNHead", num_classes=400, in_channels=512, consensus=dict(type="AvgConsensus", dim=1)),
    data_preprocessor=dict(type="ActionDataPreprocessor", mean=[1.0, 2.0, 3.0], std=[4.0, 5.0, 6.0]),
    test_cfg=dict(max_testing_views=4),
)
"""


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A config as MMAction2 has them, in two files."""
    (tmp_path / "base.py").write_text('default_scope = "mmaction"\n')
    path = tmp_path / "tsn_r18.py"
    path.write_text(FOREIGN)
    return path


@pytest.mark.parametrize("stream", ["spatial", "temporal"])
@pytest.mark.parametrize("sampling", ["mmaction", "tsn"])
def test_both_streams_keep_their_contract(checkpoint: Callable[..., Path], stream: str, sampling: str) -> None:
    options = {**SMALL, "sampling": sampling, "short_side": 48, "mirror": True}
    recognizer = build(stream=stream, class_names=CLASSES, device=CPU, weights=checkpoint(stream), **options)
    require(check_recognizer(recognizer, stream=stream, num_classes=len(CLASSES)))


def test_the_declaration_keeps_its_contract() -> None:
    require(check_declaration(load_registry().get(RecognizerSpec, "tsn")))


def test_declaring_imports_nothing_heavy() -> None:
    code = "import sys, harness_mmaction; sys.exit(any(m in sys.modules for m in ('torch', 'mmengine', 'cv2', 'timm')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_another_number_of_classes_is_refused(checkpoint: Callable[..., Path]) -> None:
    with pytest.raises(WeightsError, match="trained for 6 classes, but the data set has 4"):
        build(stream="spatial", class_names=CLASSES[:4], device=CPU, weights=checkpoint("spatial"), **SMALL)


def test_weights_of_the_other_stream_are_refused(checkpoint: Callable[..., Path]) -> None:
    with pytest.raises(WeightsError, match=r"does not fit the network.*layers\.0\.weight"):
        build(stream="temporal", class_names=CLASSES, device=CPU, weights=checkpoint("spatial"), **SMALL)


def test_unknown_values_and_missing_files_are_refused(tmp_path: Path) -> None:
    common = {"class_names": CLASSES, "device": CPU}
    with pytest.raises(UnknownNameError, match="Did you mean 'spatial'"):
        build(stream="spacial", **common)
    with pytest.raises(UnknownNameError, match="Did you mean 'mmaction'"):
        build(stream="spatial", sampling="mmaction2", **common)
    with pytest.raises(WeightsMissingError, match="no weights for the spatial stream"):
        build(stream="spatial", **common)
    with pytest.raises(UsageError, match="no such file"):
        build(stream="spatial", config=str(tmp_path / "nowhere.py"), **common)


@pytest.mark.parametrize("prefix", ["", "module._orig_mod."])
def test_any_tsn_config_scores_as_in_mmaction(foreign: Path, tmp_path: Path, prefix: str) -> None:
    """A config of MMAction2 with a checkpoint in its layout; `prefix` as networks of several devices were saved."""
    from mmaction.registry import MODELS
    from mmengine import Config

    description = Config.fromfile(str(foreign)).model
    description.backbone.pretrained = None
    description.cls_head.num_classes = len(CLASSES)
    reference = MODELS.build({**description, "test_cfg": None, "_scope_": "mmaction"}).eval()
    state = {prefix + key: value for key, value in reference.state_dict().items()}
    file = tmp_path / "epoch_1_spatial.pth"
    torch.save({"meta": {"epoch": 1}, "state_dict": {**state, "data_preprocessor.mean": torch.zeros(3)}}, file)

    pattern = str(file).replace("spatial", "{stream}")
    recognizer = build(
        stream="spatial", class_names=CLASSES, device=CPU, config=str(foreign), checkpoint=pattern, **SMALL
    )
    frames = torch.randint(0, 256, (3, 3, 32, 40)).float()
    inputs = (frames - torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1)) / torch.tensor([4.0, 5.0, 6.0]).view(3, 1, 1)
    with torch.no_grad():
        expected = torch.stack([reference(view[None, None], stage="head")[0] for view in inputs]).mean(0)
    found = recognizer.scores(frames / 255, torch.zeros(0, 2, 32, 40))
    assert torch.allclose(found, expected, atol=1e-4), "mean of the views' scores"


def test_a_config_that_is_not_tsn_is_refused(foreign: Path) -> None:
    other = foreign.with_name("other.py")
    other.write_text(FOREIGN.replace('"TSNHead"', '"TSMHead"'))
    with pytest.raises(UsageError, match="expected a Recognizer2D with a TSNHead"):
        build(stream="spatial", class_names=CLASSES, device=CPU, config=str(other))


def test_a_pickle_with_code_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):  # type: ignore[no-untyped-def]
            return (Path.touch, (tmp_path / "executed",))

    file = tmp_path / "evil.pth"
    torch.save({"state_dict": Evil()}, file)
    with pytest.raises(WeightsError, match="refused"):
        load_checkpoint(build_network(builtin_config("spatial", 6, stack=5), "test"), file, 6)
    assert not (tmp_path / "executed").exists()


def test_half_precision_weights_are_used_in_single_precision(checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    from harness.weights.loading import save_state

    half = tmp_path / "half.safetensors"
    save_state(half, {key: value.half() for key, value in load_state(checkpoint("spatial")).items()}, {})
    recognizer = build(stream="spatial", class_names=CLASSES, device=CPU, weights=half, **SMALL)
    assert {p.dtype for p in recognizer.network.parameters()} == {torch.float32}


def test_flow_network_starts_from_the_mean_of_the_rgb_kernels() -> None:
    kernels = next(iter(imagenet_weights().values()))
    network = EfficientNetLite(in_channels=10, imagenet=True)
    image = torch.rand(1, 1, 32, 32)
    grey = torch.nn.functional.conv2d(image.repeat(1, 3, 1, 1), kernels, stride=2, padding=1)
    assert torch.allclose(network.layers[0](image.repeat(1, 10, 1, 1)), grey, atol=1e-5)


def test_features_and_their_classification_are_the_scores_of_single_frames(checkpoint: Callable[..., Path]) -> None:
    stream = build(
        stream="spatial", class_names=[str(n) for n in range(6)], device=torch.device("cpu"),
        weights=checkpoint("spatial"), crops="centre", short_side=64, input_size=64,
    )  # fmt: skip
    assert isinstance(stream, JudgingStream) and stream.input_size == 64
    frames = torch.rand(3, 3, 64, 64).mul(255).round().div(255).requires_grad_()
    scores = stream.classify(stream.features(frames))
    torch.testing.assert_close(scores.mean(0), stream.scores(frames.detach(), torch.empty(0)), rtol=1e-4, atol=1e-4)
    scores.sum().backward()
    assert frames.grad is not None and frames.grad.abs().sum() > 0
