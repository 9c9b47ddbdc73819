"""Any config of MMAction2: scores are those of its own tools/test.py route on the same files."""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from harness.checks import check_recognizer, require
from harness.errors import UsageError, WeightsError
from harness.video.flow_input import quantise
from harness.video.frames import open_video, to_tensor
from harness_mmaction.any_config import AnyRecognizer, build, build_recognizer, over_views
from harness_mmaction.compat import prepare
from harness_mmaction.configs import read_config, shipped_configs
from harness_optical_flow.dis import Dis

CLASSES = ["walk", "run", "jump", "sit", "wave", "fall"]
TOLERANCE = 1e-4
BOUND = 5.0

TSM = """
_base_ = ["{configs}/_base_/models/tsm_r50.py", "{configs}/_base_/default_runtime.py"]
model = dict(backbone=dict(depth=18, num_segments=4, pretrained="torchvision://resnet18"),
             cls_head=dict(in_channels=512, num_classes=6, num_segments=4))
test_pipeline = [
    dict(type="PyAVInit"),
    dict(type="SampleFrames", clip_len=1, frame_interval=1, num_clips=4, twice_sample=True, test_mode=True),
    dict(type="PyAVDecode"),
    dict(type="Resize", scale=(-1, 40)),
    dict(type="TenCrop", crop_size=32),
    dict(type="FormatShape", input_format="NCHW"),
    dict(type="PackActionInputs"),
]
"""
SLOWONLY = """
_base_ = ["{configs}/_base_/models/slowonly_r50.py", "{configs}/_base_/default_runtime.py"]
model = dict(backbone=dict(base_channels=8), cls_head=dict(in_channels=256, num_classes=6, average_clips="{average}"))
test_pipeline = [
    dict(type="PyAVInit"),
    dict(type="SampleFrames", clip_len=4, frame_interval=2, num_clips=3, test_mode=True),
    dict(type="PyAVDecode"),
    dict(type="Resize", scale=(-1, 40)),
    dict(type="ThreeCrop", crop_size=40),
    dict(type="FormatShape", input_format="NCTHW"),
    dict(type="PackActionInputs"),
]
"""
VIDEOS = """
test_dataloader = dict(batch_size=1, num_workers=0, sampler=dict(type="DefaultSampler", shuffle=False),
    dataset=dict(type="VideoDataset", ann_file="{annotation}", pipeline=test_pipeline, test_mode=True))
test_evaluator = dict(type="AccMetric")
test_cfg = dict(type="TestLoop")
"""
FLOW = """
_base_ = ["{configs}/_base_/models/slowonly_r50.py", "{configs}/_base_/default_runtime.py"]
model = dict(backbone=dict(base_channels=8, in_channels=2, with_pool2=False),
    cls_head=dict(in_channels=256, num_classes=6),
    data_preprocessor=dict(type="ActionDataPreprocessor", mean=[128, 128], std=[128, 128], format_shape="NCTHW"))
test_pipeline = [
    dict(type="SampleFrames", clip_len=2, frame_interval=1, num_clips=3, test_mode=True),
    dict(type="RawFrameDecode"),
    dict(type="Resize", scale=(-1, 40)),
    dict(type="{crop}", crop_size=32),
    dict(type="FormatShape", input_format="NCTHW"),
    dict(type="PackActionInputs"),
]
test_dataloader = dict(batch_size=1, num_workers=0, sampler=dict(type="DefaultSampler", shuffle=False),
    dataset=dict(type="RawframeDataset", ann_file="{annotation}", modality="Flow", start_index=1,
                 filename_tmpl="{{}}_{{:05d}}.png", pipeline=test_pipeline, test_mode=True))
test_evaluator = dict(type="AccMetric")
test_cfg = dict(type="TestLoop")
"""


def written(path: Path, text: str, **facts: object) -> Path:
    path.write_text(text.format(configs=shipped_configs(), **facts))
    return path


def checkpoint(config: Path, path: Path, spread: float = 1.0) -> Path:
    """Seeded weights for a config in MMAction2's own form; `spread` is the size of the classifier's weights."""
    torch.manual_seed(0)
    network, _ = build_recognizer(read_config(str(config)))
    state = network.state_dict()
    for key, value in state.items():
        if key.endswith("running_var") or (key.endswith("weight") and value.ndim == 1):
            value.copy_(0.5 + torch.rand_like(value))
        elif value.ndim == 1 and value.is_floating_point():
            value.copy_(0.3 * (torch.rand_like(value) - 0.5))
        elif "fc_cls" in key:
            value.copy_(spread * torch.randn_like(value))
    torch.save({"state_dict": state}, path)
    return path


def tools_test(config: Path, weights: Path, work: Path) -> list[np.ndarray]:
    """What ``tools/test.py CONFIG CHECKPOINT --dump FILE`` does, less its command line: scores of every clip."""
    prepare()
    from mmengine.config import Config
    from mmengine.runner import Runner

    found = Config.fromfile(str(config))
    dump = work / "dump.pkl"
    found.test_evaluator = [found.test_evaluator, {"type": "DumpResults", "out_file_path": str(dump)}]
    found.merge_from_dict({"work_dir": str(work), "load_from": str(weights), "log_level": "WARNING"})
    found.experiment_name = f"test_{time.time_ns()}"
    Runner.from_cfg(found).test()
    return [sample["pred_score"].numpy() for sample in pickle.loads(dump.read_bytes())]


def recognizer(config: Path, weights: Path, **options: Any) -> AnyRecognizer:
    settings: Mapping[str, Any] = {"stream": "spatial", "class_names": CLASSES, **options}
    return build(device=torch.device("cpu"), config=str(config), checkpoint=str(weights), **settings)


def our_scores(recognizer: AnyRecognizer, path: Path) -> torch.Tensor:
    frames = to_tensor(open_video(path).read())
    wants = recognizer.wants(len(frames))
    flow = torch.zeros(0, 2, *frames.shape[-2:])
    if wants.pairs:
        first, second = zip(*wants.pairs, strict=True)
        flow = Dis().flow(frames[list(first)], frames[list(second)])
    return recognizer.scores(frames[list(wants.frames)], flow)


def assert_equal(found: list[torch.Tensor], expected: list[np.ndarray]) -> None:
    assert len(found) == len(expected) > 1
    ours = np.stack([scores.numpy() for scores in found])
    assert np.abs(ours - np.stack(expected)).max() < TOLERANCE
    assert (ours.argmax(1) == np.stack(expected).argmax(1)).all()
    assert np.abs(ours - ours[0]).max() > 100 * TOLERANCE, "the clips must not all score alike"


@pytest.mark.parametrize(("text", "average"), [(TSM, "prob"), (SLOWONLY, "prob"), (SLOWONLY, "score")])
def test_scores_equal_those_of_the_test_route(tmp_path: Path, videos: list[Path], text: str, average: str) -> None:
    annotation = tmp_path / "test.txt"
    annotation.write_text("".join(f"{path} 0\n" for path in videos))
    config = written(tmp_path / "config.py", text + VIDEOS, annotation=annotation, average=average)
    weights = checkpoint(config, tmp_path / "weights.pth", spread=0.1 if text is TSM else 1.0)
    expected = tools_test(config, weights, tmp_path)
    live = recognizer(config, weights)
    found = [our_scores(live, path) for path in videos]
    assert_equal([scores.softmax(0) for scores in found] if average == "prob" else found, expected)


def flow_folder(videos: list[Path], folder: Path) -> Path:
    """Flow of clips as MMAction2 reads it, one image a component; it has no clips without flow."""
    lines = []
    for path in videos:
        frames = to_tensor(open_video(path).read())
        levels = quantise(Dis().flow(frames[:-1], frames[1:]), BOUND).byte().numpy()
        (folder / path.stem).mkdir()
        for index, pair in enumerate(levels, 1):
            for axis, image in zip("xy", pair, strict=True):
                cv2.imwrite(str(folder / path.stem / f"{axis}_{index:05d}.png"), image)
        lines.append(f"{folder / path.stem} {len(levels)} 0\n")
    (folder / "flow.txt").write_text("".join(lines))
    return folder / "flow.txt"


def test_temporal_stream_equals_the_test_route(tmp_path: Path, videos: list[Path]) -> None:
    annotation = flow_folder(videos[:-1], tmp_path)
    config = written(tmp_path / "config.py", FLOW, annotation=annotation, crop="CenterCrop")
    weights = checkpoint(config, tmp_path / "weights.pth")
    expected = tools_test(config, weights, tmp_path)
    live = recognizer(config, weights, stream="temporal", flow_bound=BOUND)
    assert_equal([our_scores(live, path).softmax(0) for path in videos[:-1]], expected)


def test_ten_crops_of_flow_are_those_of_the_mirrored_video(tmp_path: Path) -> None:
    config = written(tmp_path / "config.py", FLOW, annotation="none", crop="TenCrop")
    live = recognizer(config, checkpoint(config, tmp_path / "weights.pth"), stream="temporal", flow_bound=BOUND)
    count = len(live.wants(9).pairs)
    flow = torch.from_numpy(np.random.default_rng(0).uniform(-4, 4, (count, 2, 40, 40)).astype(np.float32))
    mirrored = flow.flip(-1) * torch.tensor([-1.0, 1.0]).reshape(2, 1, 1)
    nothing = torch.zeros(0, 3, 40, 40)
    plain, other = live.scores(nothing, flow), live.scores(nothing, mirrored)
    assert (plain - other).abs().max() < 0.02, "levels round differently around 127.5, and no more"
    wrong = live.scores(nothing, flow.flip(-1))
    assert (plain - wrong).abs().max() > 0.1


def test_both_streams_keep_the_contract(tmp_path: Path) -> None:
    spatial = written(tmp_path / "spatial.py", SLOWONLY, average="prob")
    live = recognizer(spatial, checkpoint(spatial, tmp_path / "spatial.pth"))
    require(check_recognizer(live, stream="spatial", num_classes=6))
    temporal = written(tmp_path / "temporal.py", FLOW, annotation="none", crop="TenCrop")
    live = recognizer(temporal, checkpoint(temporal, tmp_path / "temporal.pth"), stream="temporal")
    require(check_recognizer(live, stream="temporal", num_classes=6))


def test_probabilities_are_averaged_without_underflow() -> None:
    scores = torch.tensor([[0.0, 300.0, 150.0], [0.0, 310.0, 100.0]])
    found = over_views(scores, "prob")
    expected = torch.log(scores.double().softmax(-1).mean(0))
    assert torch.allclose(found.double(), expected, rtol=1e-5) and found.isfinite().all()


def test_checkpoints_of_0x_load(tmp_path: Path) -> None:
    config = written(tmp_path / "config.py", SLOWONLY, average="score")
    new = checkpoint(config, tmp_path / "new.pth")
    state = torch.load(new)["state_dict"]
    old = {
        "meta": {"epoch": 75, "iter": 1, "mmcv_version": "1.3.0", "config": "model = dict(type='Recognizer3D')\n",
                 "env_info": "sys.platform: linux", "seed": None, "hook_msgs": {"best_score": 0.5}, "time": "Mon"},
        "state_dict": {f"module.{key}": value for key, value in state.items() if "num_batches" not in key},
        "optimizer": {"state": {0: {"momentum_buffer": torch.zeros(1)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
    }  # fmt: skip
    torch.save(old, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    frames = torch.rand(12, 3, 48, 48, generator=torch.Generator().manual_seed(1))
    none = torch.zeros(0, 2, 48, 48)
    first, second = (recognizer(config, tmp_path / name).scores(frames, none) for name in ("new.pth", "old.pth"))
    assert torch.equal(first, second)


def test_the_digits_in_published_names_are_checked(tmp_path: Path) -> None:
    from harness.files import sha256

    config = written(tmp_path / "config.py", SLOWONLY, average="score")
    weights = checkpoint(config, tmp_path / "plain.pth")
    right = weights.rename(tmp_path / f"slowonly_20220901-{sha256(weights)[:8]}.pth")
    recognizer(config, right)
    with pytest.raises(WeightsError, match="wrong checksum; its name says that its sha256 begins with 0badc0de"):
        recognizer(config, right.rename(tmp_path / "slowonly_20220901-0badc0de.pth"))


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ("", {"stream": "temporal"}, "is for RGB; choose it with stream=spatial"),
        ("", {"class_names": CLASSES[:3]}, "its model has 6 classes, but the data set has 3; give a mapping"),
        ("", {"flow_bound": 0.0}, "flow_bound=0: must be a positive number"),
        ("test_pipeline = None", {}, "has no test pipeline; give it a `test_dataloader`"),
        ("test_pipeline = test_pipeline[3:]", {}, "nothing in its test pipeline decodes frames"),
        ("test_pipeline[1].pop('test_mode')", {}, "step SampleFrames of its test pipeline is random"),
        ("test_pipeline[3].update(nonsense=1)", {}, "step Resize cannot be built"),
        ("model['cls_head'].update(type='FeatureHead')", {}, "model cannot be built|that classifies"),
        ("model['backbone'].update(type='mmpretrain.ResNet')", {}, "mmpretrain"),
        ("model = None", {}, "has no `model`"),
        ("test_dataloader = dict(dataset=dict(modality='Pose', pipeline=test_pipeline))", {}, "modality 'Pose'"),
        ("import no_such_package", {}, "cannot be read: ModuleNotFoundError"),
    ],
)
def test_errors_say_what_to_do(tmp_path: Path, change: str, options: dict[str, Any], message: str) -> None:
    config = written(tmp_path / "config.py", SLOWONLY + change + "\n", average="prob")
    with pytest.raises(UsageError, match=message):
        recognizer(config, tmp_path / "none.pth", **options)


def test_missing_files_and_weights_of_other_networks_are_refused(tmp_path: Path) -> None:
    config = written(tmp_path / "config.py", SLOWONLY, average="prob")
    with pytest.raises(UsageError, match=r"config=none\.py: no such file, nor in .*configs; give a path"):
        recognizer(Path("none.py"), tmp_path / "none.pth")
    with pytest.raises(WeightsError, match="no such weights file"):
        recognizer(config, tmp_path / "none.pth")
    other = written(tmp_path / "other.py", TSM)
    weights = checkpoint(other, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match=r"does not fit the network .*config\.py must be what it was trained with"):
        recognizer(config, weights)


@pytest.mark.assets
def test_lossy_video_is_decoded_alike(assets: Path) -> None:
    """MMAction2's PyAV and ours make the same frames of lossy video."""
    prepare()
    from mmaction.registry import TRANSFORMS

    path = assets / "videos" / "bikes.mp4"
    results: dict[str, Any] = {"filename": str(path), "start_index": 0, "modality": "RGB"}
    for step in ({"type": "PyAVInit"}, {"type": "SampleFrames", "clip_len": 1, "num_clips": 5, "test_mode": True},
                 {"type": "PyAVDecode"}):  # fmt: skip
        results = TRANSFORMS.build(step)(results)
    ours = open_video(path).read()
    assert len(ours) == results["total_frames"]
    for position, image in zip(results["frame_inds"], results["imgs"], strict=True):
        assert np.array_equal(ours[position], image)
