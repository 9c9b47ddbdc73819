"""Scores on HR clips are those of MMAction2's own test loop on the same files and views."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from harness.registry import load_registry
from harness.specs import RecognizerSpec
from harness.video.flow_input import quantise
from harness.video.frames import open_video, to_tensor
from harness.weights.catalogue import installed_path
from harness.weights.loading import load_state
from harness_mini.dataset import Mini
from harness_mmaction.compat import prepare
from harness_mmaction.networks.network import builtin_config
from harness_mmaction.tsn import build
from harness_optical_flow.dis import Dis

CLASSES = ["walk", "run", "jump", "sit", "wave", "fall"]
TOLERANCE = 1e-4
BOUND = 5.0


def mmaction_scores(
    model: dict[str, Any], weights: Path, dataset: dict[str, Any], pipeline: Sequence[dict[str, Any]], work: Path
) -> list[np.ndarray]:
    """Raw scores of every clip out of ``Runner.test``."""
    prepare()
    from mmaction.registry import METRICS
    from mmengine.evaluator import BaseMetric
    from mmengine.runner import Runner

    class Scores(BaseMetric):  # type: ignore[misc]
        found: list[np.ndarray] = []  # noqa: RUF012

        def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
            self.found.extend(sample["pred_score"].cpu().numpy() for sample in data_samples)
            self.results.append(0)

        def compute_metrics(self, results: Any) -> dict[str, float]:
            return {"clips": float(len(self.found))}

    METRICS.register_module(name="Scores", module=Scores, force=True)
    plain = work / "plain.pth"
    torch.save({"state_dict": load_state(weights)}, plain)
    runner = Runner(
        model=model,
        work_dir=str(work),
        test_dataloader={
            "batch_size": 1,
            "num_workers": 0,
            "sampler": {"type": "DefaultSampler", "shuffle": False},
            "dataset": {**dataset, "pipeline": list(pipeline), "test_mode": True},
        },
        test_cfg={},
        test_evaluator={"type": "Scores"},
        load_from=str(plain),
        default_scope="mmaction",
        experiment_name=f"test_{time.time_ns()}",
        log_level="WARNING",
    )
    runner.test()
    return Scores.found


def spatial_pipeline(segments: int, *views: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "PyAVInit"},
        {"type": "SampleFrames", "clip_len": 1, "num_clips": segments, "test_mode": True},
        {"type": "PyAVDecode"},
        {"type": "Resize", "scale": (-1, 40)},
        *views,
        {"type": "FormatShape", "input_format": "NCHW"},
        {"type": "PackActionInputs"},
    ]


def our_scores(recognizer: Any, path: Path) -> np.ndarray:
    """Through the whole chain: decode, sample, flow, views, network."""
    frames = to_tensor(open_video(path).read())
    wants = recognizer.wants(len(frames))
    flow = torch.zeros(0, 2, *frames.shape[-2:])
    if wants.pairs:
        first, second = zip(*wants.pairs, strict=True)
        flow = Dis().flow(frames[list(first)], frames[list(second)])
    scores: np.ndarray = recognizer.scores(frames[list(wants.frames)], flow).numpy()
    return scores


@pytest.mark.parametrize(
    ("segments", "crops", "size", "views"),
    [
        (8, "full", 40, []),
        (3, "centre", 32, [{"type": "CenterCrop", "crop_size": 32}]),
        (25, "ten", 32, [{"type": "TenCrop", "crop_size": 32}]),
    ],
)
def test_spatial_stream_equals_the_test_loop(
    tmp_path: Path, checkpoint: Callable[..., Path], videos: list[Path],
    segments: int, crops: str, size: int, views: list[dict[str, Any]],
) -> None:  # fmt: skip
    weights = checkpoint("spatial")
    annotation = tmp_path / "test.txt"
    annotation.write_text("".join(f"{path} 0\n" for path in videos))
    expected = mmaction_scores(
        builtin_config("spatial", len(CLASSES), stack=5),
        weights,
        {"type": "VideoDataset", "ann_file": str(annotation)},
        spatial_pipeline(segments, *views),
        tmp_path,
    )
    recognizer = build(
        stream="spatial", class_names=CLASSES, device=torch.device("cpu"), weights=weights,
        segments=segments, sampling="mmaction", crops=crops, short_side=40, input_size=size,
    )  # fmt: skip
    found = [our_scores(recognizer, path) for path in videos]
    assert len(expected) == len(videos)
    assert max(abs(a - b).max() for a, b in zip(found, expected, strict=True)) < TOLERANCE
    assert max(abs(a - found[0]).max() for a in found[1:]) > 100 * TOLERANCE, "the clips must not all score alike"


def test_temporal_stream_equals_the_test_loop(
    tmp_path: Path, checkpoint: Callable[..., Path], videos: list[Path]
) -> None:
    weights, annotation, lines = checkpoint("temporal"), tmp_path / "flow.txt", []
    moving = videos[:-1]  # MMAction2 has no clips without flow
    for path in moving:
        frames = to_tensor(open_video(path).read())
        levels = quantise(Dis().flow(frames[:-1], frames[1:]), BOUND).byte().numpy()
        folder = tmp_path / path.stem
        folder.mkdir()
        for index, pair in enumerate(levels, 1):
            for axis, image in zip("xy", pair, strict=True):
                cv2.imwrite(str(folder / f"{axis}_{index:05d}.png"), image)
        lines.append(f"{folder} {len(levels)} 0\n")
    annotation.write_text("".join(lines))
    expected = mmaction_scores(
        builtin_config("temporal", len(CLASSES), stack=5),
        weights,
        {"type": "RawframeDataset", "ann_file": str(annotation), "modality": "Flow",
         "filename_tmpl": "{}_{:05d}.png", "start_index": 1},
        [
            {"type": "SampleFrames", "clip_len": 5, "num_clips": 6, "test_mode": True},
            {"type": "RawFrameDecode"},
            {"type": "Resize", "scale": (-1, 40)},
            {"type": "CenterCrop", "crop_size": 32},
            {"type": "FormatShape", "input_format": "NCHW"},
            {"type": "PackActionInputs"},
        ],
        tmp_path,
    )  # fmt: skip
    recognizer = build(
        stream="temporal", class_names=CLASSES, device=torch.device("cpu"), weights=weights,
        segments=6, sampling="mmaction", crops="centre", short_side=40, input_size=32, flow_bound=BOUND,
    )  # fmt: skip
    found = [our_scores(recognizer, path) for path in moving]
    assert max(abs(a - b).max() for a, b in zip(found, expected, strict=True)) < TOLERANCE
    assert max(abs(a - found[0]).max() for a in found[1:]) > 100 * TOLERANCE, "the clips must not all score alike"


def test_shipped_weights_predict_on_mini_2_as_in_the_test_loop(tmp_path: Path) -> None:
    dataset, (weights, _) = Mini(), load_registry().get(RecognizerSpec, "tsn").weights
    clips = dataset.clips("test")[::60]
    annotation = tmp_path / "mini-2.txt"
    annotation.write_text("".join(f"{clip.path} {clip.label}\n" for clip in clips))
    pipeline = spatial_pipeline(8, {"type": "CenterCrop", "crop_size": 144})
    expected = mmaction_scores(
        builtin_config("spatial", len(dataset.classes), stack=5),
        installed_path(weights, "tsn"),
        {"type": "VideoDataset", "ann_file": str(annotation)},
        [step for step in pipeline if step["type"] != "Resize"],
        tmp_path,
    )
    recognizer = build(
        stream="spatial", class_names=dataset.classes, device=torch.device("cpu"),
        weights=installed_path(weights, "tsn"), segments=8, sampling="mmaction", crops="centre", short_side=176,
        input_size=144,
    )  # fmt: skip
    found = [our_scores(recognizer, clip.path) for clip in clips]
    assert max(abs(a - b).max() for a, b in zip(found, expected, strict=True)) < TOLERANCE
    right = [int(scores.argmax()) == clip.label for scores, clip in zip(found, clips, strict=True)]
    assert sum(right) > len(right) / 2, "the weights must know the classes, or equality says little"
