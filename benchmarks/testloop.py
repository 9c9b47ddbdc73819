"""MMAction2's test loop over folders of images: mmengine's Runner, `RawframeDataset`, and the stock transforms."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness_benchmarks.images import FLOW, FRAME
from mmaction.registry import METRICS, TRANSFORMS
from mmcv.transforms import BaseTransform
from mmengine.evaluator import BaseMetric
from mmengine.runner import Runner
from torch import nn

from harness.errors import UsageError
from harness.planning.cells import Part
from harness_mmaction.compat import runner_device


@TRANSFORMS.register_module()
class AddMirrorImages(BaseTransform):  # type: ignore[misc]  # mmcv has no types
    """Adds the mirror image of every view; no stock transform gives both, and `Flip` gets flow wrong."""

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        mirrored = [np.ascontiguousarray(image[:, ::-1]) for image in results["imgs"]]
        if results["modality"] == "Flow":
            for image in mirrored:
                image[..., 0] = 255 - image[..., 0]
        results["imgs"] = [*results["imgs"], *mirrored]
        return results


@METRICS.register_module()
class KeepScores(BaseMetric):  # type: ignore[misc]  # mmengine has no types
    """Keeps the scores of every sample, in the order of the data set."""

    def __init__(self) -> None:
        super().__init__()
        self.scores: list[np.ndarray] = []

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        self.scores.extend(sample["pred_score"].cpu().numpy() for sample in data_samples)
        self.results.extend(None for _ in data_samples)

    def compute_metrics(self, results: list[Any]) -> dict[str, float]:
        return {"samples": float(len(results))}


@dataclass(frozen=True)
class FrameFolder:
    """A line of an annotation file: a folder of images with how many there are and the label."""

    path: Path
    images: int
    label: int


def build_runner(
    part: Part, network: nn.Module, folders: Sequence[FrameFolder], work: Path, device: torch.device
) -> Runner:
    """A Runner whose test loop takes the folders through one stream of TSN, `network` with the options of `part`.

    The files are read when the loop asks for them. Raises `UsageError` for a protocol that this pipeline lacks.
    """
    name = f"{part.stream}_{time.time_ns()}"
    annotation = work / f"{name}.txt"
    annotation.write_text("".join(f"{f.path} {f.images} {f.label}\n" for f in folders))
    flow = part.stream == "temporal"
    dataset = {
        "type": "RawframeDataset",
        "ann_file": str(annotation),
        "pipeline": _pipeline(part, flow),
        "filename_tmpl": FLOW if flow else FRAME,
        "modality": "Flow" if flow else "RGB",
        "start_index": 1,
        "test_mode": True,
    }
    with runner_device(device.type):
        return Runner(
            model=network,
            work_dir=str(work / "mmaction"),
            test_dataloader={
                "batch_size": 1,
                "num_workers": 0,
                "sampler": {"type": "DefaultSampler", "shuffle": False},
                "dataset": dataset,
            },
            test_cfg={},
            test_evaluator={"type": "KeepScores"},
            default_scope="mmaction",
            experiment_name=name,
            log_level="ERROR",
        )


def run_test(runner: Runner) -> list[np.ndarray]:
    """Run the test loop; the scores of every folder, float32 ``(num_classes,)``."""
    runner.test()
    scores: list[np.ndarray] = runner.test_loop.evaluator.metrics[0].scores
    return scores


def _pipeline(part: Part, flow: bool) -> list[dict[str, Any]]:
    options = part.options
    if options["sampling"] != "mmaction" or options["crops"] not in ("full", "centre"):
        raise UsageError(f"{part.label}: from files, only sampling=mmaction with crops=full or centre can be timed")
    crop = [{"type": "CenterCrop", "crop_size": options["input_size"]}] if options["crops"] == "centre" else []
    return [
        {
            "type": "SampleFrames",
            "clip_len": options["stack"] if flow else 1,
            "num_clips": options["segments"],
            "test_mode": True,
        },
        {"type": "RawFrameDecode"},
        {"type": "Resize", "scale": (-1, options["short_side"])},
        *crop,
        *([{"type": "AddMirrorImages"}] if options["mirror"] else []),
        {"type": "FormatShape", "input_format": "NCHW"},
        {"type": "PackActionInputs"},
    ]
