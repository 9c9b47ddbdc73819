"""Resizing against BasicSR's port of MATLAB's imresize, Pillow's Lanczos, and a direct loop."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
import torch
from PIL import Image

from harness.video.imresize import imresize, mirrored
from harness_basicsr import compat as compat  # repairs basicsr before it is imported


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(1))


def basicsr(frames: torch.Tensor, scale: float, antialiasing: bool = True) -> torch.Tensor:
    from basicsr.utils.matlab_functions import imresize as reference

    return torch.stack([reference(frame, scale, antialiasing) for frame in frames])


@pytest.mark.parametrize("size", [(32, 32), (37, 53), (111, 97), (24, 129)])
@pytest.mark.parametrize("scale", [1 / 4, 1 / 3, 1 / 2, 0.7, 1, 1.5, 2, 3, 4])
def test_agrees_with_basicsr(size: tuple[int, int], scale: float) -> None:
    frames = noise(1, 3, *size)
    ours = imresize(frames, scale)
    assert ours.shape[-2:] == (math.ceil(size[0] * scale), math.ceil(size[1] * scale))
    assert torch.allclose(ours, basicsr(frames, scale), atol=1e-5, rtol=0)


@pytest.mark.parametrize("scale", [1 / 4, 3])
def test_agrees_with_basicsr_at_video_size(scale: float) -> None:
    frames = noise(1, 3, 240, 320)
    assert torch.allclose(imresize(frames, scale), basicsr(frames, scale), atol=1e-5, rtol=0)


def test_agrees_with_basicsr_without_antialiasing() -> None:
    frames = noise(1, 3, 36, 44)
    assert torch.allclose(imresize(frames, 0.5, antialias=False), basicsr(frames, 0.5, False), atol=1e-5, rtol=0)
    assert not torch.allclose(imresize(frames, 0.5, antialias=False), imresize(frames, 0.5), atol=1e-2)


def test_takes_a_size_instead_of_a_scale_and_any_leading_dimensions() -> None:
    frames = noise(2, 5, 3, 24, 36)
    assert torch.equal(imresize(frames, (6, 9)), imresize(frames, 0.25))
    assert imresize(frames, (7, 50)).shape == (2, 5, 3, 7, 50)
    assert torch.allclose(imresize(frames, (7, 50))[1, 3, 2], imresize(frames[1, 3, 2], (7, 50)), atol=1e-6)


@pytest.mark.parametrize("kernel", ["bicubic", "lanczos3"])
def test_constant_stays_constant_and_mean_is_kept(kernel: str) -> None:
    for scale in (0.25, 0.3, 4.0):
        assert torch.allclose(imresize(torch.full((1, 3, 20, 28), 0.7), scale, kernel), torch.tensor(0.7), atol=1e-6)


@pytest.mark.parametrize("size", [(10, 9), (80, 120)])
def test_lanczos_agrees_with_pillow_away_from_the_border(size: tuple[int, int]) -> None:
    frame = noise(40, 60)
    pillow = Image.fromarray(frame.numpy(), mode="F").resize(size[::-1], Image.Resampling.LANCZOS)
    ours = imresize(frame, size, "lanczos3")
    margin = 3 if size[0] < 40 else 8
    difference = (ours - torch.from_numpy(np.array(pillow)))[margin:-margin, margin:-margin]
    assert difference.numel() > 0 and float(difference.abs().max()) < 1e-4


def test_one_axis_agrees_with_a_direct_loop() -> None:
    row, scale = noise(1, 21), 1 / 3

    def cubic(x: float) -> float:
        x = abs(x)
        return 1.5 * x**3 - 2.5 * x**2 + 1 if x <= 1 else -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x <= 2 else 0.0

    expected = []
    for i in range(7):
        centre = (i + 0.5) / scale - 0.5
        taps = [(k, scale * cubic((centre - k) * scale)) for k in range(-20, 40)]
        total = sum(w for _, w in taps)
        # the border repeats its edge pixel: ... 1 0 | 0 1 ...
        expected.append(sum(w * float(row[0, k if 0 <= k < 21 else (-1 - k if k < 0 else 41 - k)]) for k, w in taps))
        expected[-1] /= total
    assert torch.allclose(imresize(row, (1, 7))[0], torch.tensor(expected), atol=1e-6)


def test_frames_smaller_than_the_kernel_are_resized() -> None:
    assert mirrored(torch.arange(-5, 6), 2).tolist() == [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]
    assert torch.allclose(imresize(torch.full((3, 1, 2), 0.4), 0.25), torch.tensor(0.4))
    assert imresize(noise(3, 4, 4), 0.25).shape == (3, 1, 1)


def test_unknown_kernel_and_empty_result_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown kernel 'linear'; known: bicubic, lanczos3"):
        imresize(noise(3, 8, 8), 2.0, "linear")
    with pytest.raises(ValueError, match="cannot resize 8x8 to 4x0"):
        imresize(noise(3, 8, 8), (0, 4))


def test_much_faster_than_basicsr() -> None:
    """Measured on one thread: 54 times at 112x112, 9 times at 240x320; the bound leaves room for a busy machine."""
    frames = noise(8, 3, 112, 112)
    imresize(frames, 0.25)
    ours = min(_seconds(lambda: imresize(frames, 0.25)) for _ in range(5))
    reference = min(_seconds(lambda: basicsr(frames, 0.25)) for _ in range(3))
    assert reference / ours > 8


def _seconds(call: object) -> float:
    start = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - start


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_same_on_the_gpu() -> None:
    frames = noise(2, 3, 111, 97)
    assert torch.allclose(imresize(frames.cuda(), 1 / 3).cpu(), imresize(frames, 1 / 3), atol=1e-5, rtol=0)
