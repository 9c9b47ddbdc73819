"""Seeded networks and small video files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

CLASSES = 6


@pytest.fixture
def checkpoint(tmp_path: Path) -> Callable[..., Path]:
    """Writes the weights of a randomly initialised built-in network, with normalisation that is not the identity."""
    from harness.weights.loading import save_state
    from harness_mmaction.networks.network import build_network, builtin_config

    def make(stream: str, classes: int = CLASSES) -> Path:
        torch.manual_seed(len(stream))
        network = build_network(builtin_config(stream, classes, stack=5), "test")
        state = {k: _shaken(k, v) for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
        path = tmp_path / f"{stream}.safetensors"
        save_state(path, state, {})
        return path

    return make


def _shaken(key: str, value: torch.Tensor) -> torch.Tensor:
    noise = torch.rand_like(value)
    if key.endswith(("running_var", "bn.weight")):
        return 0.5 + noise
    return value + 0.3 * (noise - 0.5) if value.ndim == 1 or "fc_cls" in key else value


@pytest.fixture
def videos(tmp_path: Path) -> list[Path]:
    """Video files of several sizes and lengths, down to a single frame."""
    from harness.video.frames import write_video

    paths = []
    shapes = [(20, 48, 64, (1, 1)), (9, 60, 44, (0, 3)), (4, 48, 48, (3, 0)), (1, 48, 64, (0, 0))]
    for index, (count, height, width, (down, right)) in enumerate(shapes):
        rng = np.random.default_rng(index)
        canvas = rng.integers(0, 256, (height + 3 * count, width + 3 * count, 3), dtype=np.uint8)
        canvas = np.repeat(np.repeat(canvas[::4, ::4], 4, axis=0), 4, axis=1)
        tops, lefts = (np.arange(count) * step for step in (down, right))
        frames = [canvas[y : y + height, x : x + width] for y, x in zip(tops, lefts, strict=True)]
        paths.append(tmp_path / f"clip_{index}.mp4")
        write_video(paths[-1], np.stack(frames), fps=25)
    return paths
