"""Made weights in the form of the published ones, which numbers of the released JAX code are of."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from harness.weights.loading import save_state
from harness_i3d.checkpoints import from_flax
from harness_i3d.network import WIDTHS

Unit = tuple[tuple[str, ...], int, int, int]


def units() -> Iterator[Unit]:
    """Names, side of the kernel, channels in and out of every convolution with a normalisation."""
    yield from ((("Conv3d_1a_7x7",), 7, 3, 64), (("Conv3d_2b_1x1",), 1, 64, 64), (("Conv3d_2c_3x3",), 3, 64, 192))
    given = 192
    for name, (b0, b1a, b1b, b2a, b2b, b3b) in WIDTHS.items():
        yield (name, "Branch_0/Conv3d_0a_1x1"), 1, given, b0
        yield (name, "Branch_1/Conv3d_0a_1x1"), 1, given, b1a
        yield (name, "Branch_1/Conv3d_0b_3x3"), 3, b1a, b1b
        yield (name, "Branch_2/Conv3d_0a_1x1"), 1, given, b2a
        yield (name, "Branch_2/Conv3d_0b_3x3"), 3, b2a, b2b
        yield (name, "Branch_3/Conv3d_0b_1x1"), 1, given, b3b
        given = b0 + b1b + b2b + b3b


def made_weights() -> dict[str, Any]:
    """Random weights, the same everywhere, as flax keeps them."""
    random = np.random.RandomState(7)
    params: dict[str, Any] = {}
    stats: dict[str, Any] = {}

    def noise(*shape: int) -> NDArray[np.float32]:
        return random.uniform(-1, 1, shape).astype(np.float32)

    for names, side, given, made in units():
        layer, seen = params, stats
        for name in names:
            layer, seen = layer.setdefault(name, {}), seen.setdefault(name, {})
        scale = np.float32((6 / (side**3 * given)) ** 0.5)
        layer["Conv_0"] = {"kernel": noise(side, side, side, given, made) * scale}
        layer["BatchNorm_0"] = {"bias": 0.1 * noise(made)}
        seen["BatchNorm_0"] = {"mean": 0.1 * noise(1, 1, 1, 1, made), "var": 1 + 0.5 * noise(1, 1, 1, 1, made)}
    classes = {"kernel": noise(1, 1, 1, 1024, 400) * np.float32(0.05), "bias": noise(400)}
    params["Logits/Conv3d_0c_1x1"] = {"Conv_0": classes}
    return {"params": params, "batch_stats": stats}


@pytest.fixture(scope="module")
def made_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made weights pickled as published, and converted as they are when they are pulled."""
    folder = tmp_path_factory.mktemp("weights")
    (folder / "made.ckpt").write_bytes(pickle.dumps(made_weights()))
    save_state(folder / "made.safetensors", from_flax(folder / "made.ckpt"), {})
    return folder / "made.safetensors"


def made_clip(frames: int, height: int, width: int) -> torch.Tensor:
    """Noise, the same everywhere, ``(1, 3, T, H, W)`` in [-1, 1]."""
    noise = np.random.RandomState(0).uniform(-1, 1, (1, frames, height, width, 3)).astype(np.float32)
    return torch.from_numpy(noise).permute(0, 4, 1, 2, 3)
