"""Ceiling, resizers and the base class of frame networks, against other implementations of the same thing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from harness.methods import Bicubic, FrameNetwork, HighResolution, Lanczos, Nearest

CPU = torch.device("cpu")
CLIP = torch.rand(5, 3, 9, 14, generator=torch.Generator().manual_seed(0))


class Doubling(nn.Module):
    """A network of scale 2 that remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 12, 1)
        self.dropout = nn.Dropout(0.5)
        self.batches: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        self.batches.append(len(x))
        shuffled: Tensor = nn.functional.pixel_shuffle(self.dropout(self.conv(x)), 2)
        return shuffled


def test_frame_network_restores_wanted_frames_in_order_and_evaluation_mode() -> None:
    network = Doubling()
    restored = FrameNetwork(network, scale=2, device=CPU).upscale(CLIP, [1, 3, 4])
    alone = torch.cat([nn.functional.pixel_shuffle(network.conv(CLIP[i : i + 1]), 2) for i in (1, 3, 4)])
    assert restored.shape == (3, 3, 18, 28)
    assert not restored.requires_grad
    torch.testing.assert_close(restored, alone.detach())


def test_frame_network_bounds_a_batch_by_its_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Doubling()
    method = FrameNetwork(network, scale=2, device=CPU)
    monkeypatch.setattr(method, "batch_pixels", {"cpu": 2 * 18 * 28})
    whole = method.upscale(CLIP, range(5))
    monkeypatch.setattr(method, "batch_pixels", {"cpu": 1})
    torch.testing.assert_close(method.upscale(CLIP, range(5)), whole)
    assert network.batches == [2, 2, 1, 1, 1, 1, 1, 1]


def test_the_ceiling_hands_back_what_it_gets() -> None:
    assert torch.equal(HighResolution(scale=4, device=CPU).upscale(CLIP, [0, 4]), CLIP[[0, 4]])


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_bicubic_is_basicsr_imresize(scale: int) -> None:
    from harness_basicsr import compat  # noqa: F401

    from basicsr.utils.matlab_functions import imresize  # isort: skip

    restored = Bicubic(scale=scale, device=CPU).upscale(CLIP, [2])
    torch.testing.assert_close(restored[0], imresize(CLIP[2], scale), atol=1e-5, rtol=0)


@pytest.mark.parametrize("scale", [2, 4])
def test_lanczos_is_pillows_away_from_the_border(scale: int) -> None:
    restored = Lanczos(scale=scale, device=CPU).upscale(CLIP, [2])[0, 0].numpy()
    image = Image.fromarray(CLIP[2, 0].numpy())
    expected = np.asarray(image.resize((14 * scale, 9 * scale), Image.Resampling.LANCZOS))
    inner = (slice(3 * scale, -3 * scale),) * 2  # Pillow drops taps outside the frame, MATLAB mirrors them
    np.testing.assert_allclose(restored[inner], expected[inner], atol=1e-5)


def test_nearest_makes_squares() -> None:
    restored = Nearest(scale=3, device=CPU).upscale(CLIP, [1, 2]).numpy()
    np.testing.assert_array_equal(restored, CLIP[1:3].numpy().repeat(3, axis=2).repeat(3, axis=3))
