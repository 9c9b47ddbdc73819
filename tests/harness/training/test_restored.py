"""Restored frames for training are those of a run, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from harness import api
from harness.errors import UsageError
from harness.planning.benchmark import load_benchmark
from harness.planning.resolving import open_dataset
from harness.registry import registry
from harness.running.saving import folder_of
from harness.training.restored import restoring
from harness.video.frames import open_video


@pytest.mark.parametrize("degradation", ["bicubic:scale=4", "h264:crf=30,scale=4", "realworld:scale=4"])
def test_frames_are_those_that_a_run_keeps(
    degradation: str, made_clips: Callable[..., Path], small_benchmark: Callable[..., Path], tmp_path: Path
) -> None:
    data = made_clips(classes=2, per_class=1, height=50, width=66)
    file = small_benchmark(tmp_path, degradation=degradation)
    done = api.run(file, sr="lanczos", data=data, out=tmp_path / "run", device="cpu", save_frames=["lanczos"])
    benchmark = load_benchmark(str(file))
    found = restoring("lanczos", benchmark, registry(), torch.device("cpu"))
    dataset = open_dataset(benchmark.dataset, registry(), data)
    clip = dataset.clips("test")[0]
    [kept] = [path for path in folder_of(done.folder, "lanczos").rglob(f"{clip.id}.*") if path.suffix != ".json"]
    expected = open_video(kept).read()
    positions = [3, 0, 3, 5]
    assert np.array_equal(found.pick(dataset.open(clip), positions, clip.id), expected[positions])
    assert expected.shape[1:3] == (48, 64)


def test_what_restores_nothing_is_refused(small_benchmark: Callable[..., Path], tmp_path: Path) -> None:
    benchmark = load_benchmark(str(small_benchmark(tmp_path)))
    with pytest.raises(UsageError, match="--restore hr: this restores no LR frames"):
        restoring("hr", benchmark, registry(), torch.device("cpu"))
