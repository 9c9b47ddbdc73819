"""Degradations against BasicSR (bicubic, DUF) and Pillow (nearest)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from harness.contracts import Degradation
from harness.errors import HarnessError
from harness.planning.building import Given, build
from harness.planning.resolving import resolve_part
from harness.registry import registry
from harness.specs import DegradationSpec
from harness.video.degrade import Bicubic, Gaussian, Nearest
from harness_basicsr import compat as compat  # repairs basicsr before it is imported


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("make", [Bicubic, Gaussian, Nearest])
def test_shape_and_range_are_right_and_frames_independent(make: type[Bicubic | Gaussian | Nearest], scale: int) -> None:
    degradation: Degradation = make(scale=scale)
    hr = (noise(3, 3, 12 * scale, 7 * scale) > 0.5).float()  # hard edges, so that kernels overshoot
    lr = degradation.degrade(hr)
    assert lr.shape == (3, 3, 12, 7)
    assert float(lr.min()) >= 0 and float(lr.max()) <= 1
    assert torch.allclose(lr[1:2], degradation.degrade(hr[1:2]), atol=1e-6)


def test_bicubic_agrees_with_basicsr_after_clamping() -> None:
    from basicsr.utils.matlab_functions import imresize as reference

    hr = noise(2, 3, 112, 96)
    expected = torch.stack([reference(frame, 1 / 4) for frame in hr]).clamp(0, 1)
    assert torch.allclose(Bicubic(4).degrade(hr), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_gaussian_agrees_with_basicsr_duf_downsample(scale: int) -> None:
    from basicsr.data.data_util import duf_downsample

    hr = noise(2, 3, 24 * scale, 20 * scale)
    assert torch.allclose(Gaussian(scale).degrade(hr), duf_downsample(hr, 13, scale), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("scale", "sigma"), [(2, 0.8), (3, 1.2), (4, 1.6)])
def test_gaussian_has_the_deviation_of_vsr_duf_at_each_scale(scale: int, sigma: float) -> None:
    part = resolve_part(DegradationSpec, f"gaussian:scale={scale}", registry())
    assert part.text() == f"gaussian:scale={scale},sigma={sigma},size=13"
    built = build(part, Given())
    assert built == Gaussian(scale, sigma) and built.deviation == Gaussian(scale).deviation == sigma
    assert build(resolve_part(DegradationSpec, f"gaussian:scale={scale},sigma=2", registry()), Given()).deviation == 2


def test_gaussian_is_a_mean_even_for_frames_smaller_than_its_window() -> None:
    assert torch.allclose(Gaussian(4).degrade(torch.full((1, 3, 4, 8), 0.3)), torch.tensor(0.3), atol=1e-6)
    assert Gaussian(1).degrade(noise(1, 3, 1, 1)).shape == (1, 3, 1, 1)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_nearest_agrees_with_pillow(scale: int) -> None:
    levels = np.random.default_rng(0).integers(0, 255, (9 * scale, 5 * scale, 3), dtype=np.uint8)
    pillow = np.array(Image.fromarray(levels).resize((5, 9), Image.Resampling.NEAREST))
    hr = torch.from_numpy(levels).permute(2, 0, 1)[None].float()
    assert np.array_equal(Nearest(scale).degrade(hr)[0].permute(1, 2, 0).numpy(), pillow)


@pytest.mark.parametrize("make", [Bicubic, Gaussian, Nearest])
def test_sides_that_are_not_multiples_of_the_scale_are_refused(make: type[Bicubic | Gaussian | Nearest]) -> None:
    with pytest.raises(HarnessError, match="18x16 cannot be reduced by 4: crop"):
        make(4).degrade(noise(1, 3, 16, 18))


def test_gaussian_refuses_an_even_window_and_a_zero_sigma() -> None:
    with pytest.raises(HarnessError, match="size odd"):
        Gaussian(size=12)
    with pytest.raises(HarnessError, match="sigma must be positive"):
        Gaussian(sigma=0)
