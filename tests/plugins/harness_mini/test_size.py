"""mini-2 at another size: what a benchmark of extremely low resolution asks for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.errors import UsageError
from harness.planning.benchmark import load_benchmark
from harness.planning.building import Given, build
from harness.planning.resolving import dataset_part, degradation_part, open_dataset
from harness.registry import registry
from harness.video.frames import to_tensor
from harness.video.imresize import imresize
from harness_mini.dataset import Mini


def test_clips_of_12x16_pixels_are_made_of_the_embedded_ones() -> None:
    benchmark = load_benchmark("mini-2-12x16")
    dataset, plain = open_dataset(benchmark.dataset, registry()), Mini()
    clip = dataset.clips(benchmark.split)[0]
    video, original = dataset.open(clip), plain.open(clip)
    frames = to_tensor(video.pick([3]))
    assert video.size == (192, 256) and video.num_frames == original.num_frames
    expected = imresize(to_tensor(original.pick([3])), (192, 256)).clamp(0, 1)
    assert torch.allclose(frames, expected, atol=0.51 / 255)
    low = build(degradation_part(benchmark, registry()), Given()).degrade(frames)
    assert low.shape == (1, 3, 12, 16)


def test_its_own_size_is_what_it_was() -> None:
    known, asked = (dataset_part(text, registry()) for text in ("mini-2", "mini-2:size="))
    assert known.identity() == asked.identity() and "size" not in str(known.identity())
    video = Mini().open(Mini().clips("test")[0])
    assert video.size == (176, 176) and np.asarray(video.pick([0])).shape == (1, 176, 176, 3)
    with pytest.raises(UsageError, match="size=12: expected HEIGHTxWIDTH"):
        Mini(size="12")
