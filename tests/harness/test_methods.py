"""Ceiling, resizers and the base classes of networks, against other implementations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from harness.errors import ContractError
from harness.methods import (
    Bicubic,
    ClipNetwork,
    FrameNetwork,
    HighResolution,
    Lanczos,
    LumaNetwork,
    Nearest,
    WindowNetwork,
    pad_edges,
)
from harness.video.colour import rgb_to_ycbcr

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


def test_frame_network_restores_wanted_frames_in_order_in_evaluation_mode() -> None:
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


class Brighter(nn.Module):
    """Adds a tenth to an enlarged luma; remembers the shapes it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, luma: Tensor) -> Tensor:
        self.shapes.append(tuple(luma.shape))
        return luma + 0.1


def test_luma_network_changes_the_luma_of_the_bicubic_frame_and_nothing_else() -> None:
    network = Brighter()
    restored = rgb_to_ycbcr(LumaNetwork(network, scale=2, device=CPU).upscale(CLIP, [1, 3]))
    assert network.shapes == [(2, 1, 18, 28)]
    bicubic = rgb_to_ycbcr(Bicubic(scale=2, device=CPU).upscale(CLIP, [1, 3]))
    torch.testing.assert_close(restored[:, :1], bicubic[:, :1] + 0.1)
    torch.testing.assert_close(restored[:, 1:], bicubic[:, 1:])


class Middle(nn.Module):
    """Enlarges the middle of a window by 2 and adds a tenth of every neighbour; remembers the shapes it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, x: Tensor) -> Tensor:
        self.shapes.append(tuple(x.shape))
        mixed = x[:, x.shape[1] // 2] + 0.1 * x.sum(1)
        return mixed.repeat_interleave(2, -1).repeat_interleave(2, -2)


class Whole(nn.Module):
    """Enlarges a clip by 2 and adds to every frame the mean of the clip; remembers the shapes it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, x: Tensor) -> Tensor:
        self.shapes.append(tuple(x.shape))
        mixed = x + x.mean(1, keepdim=True)
        return mixed.repeat_interleave(2, -1).repeat_interleave(2, -2)


def test_window_network_sees_neighbours_and_repeats_the_ends() -> None:
    restored = WindowNetwork(Middle(), scale=2, device=CPU, radius=2).upscale(CLIP, [0, 2, 4])
    windows = {0: [0, 0, 0, 1, 2], 2: [0, 1, 2, 3, 4], 4: [2, 3, 4, 4, 4]}
    for found, (frame, around) in zip(restored, windows.items(), strict=True):
        mixed = CLIP[frame] + 0.1 * sum(CLIP[i] for i in around)
        torch.testing.assert_close(found[:, ::2, 1::2], mixed)


def test_window_network_counts_the_window_and_gathers_only_wanted_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Middle()
    method = WindowNetwork(network, scale=2, device=CPU, radius=1)
    monkeypatch.setattr(method, "batch_pixels", {"cpu": 4 * 3 * 18 * 28})
    assert method.upscale(CLIP, [0, 3, 4, 1, 2]).shape == (5, 3, 18, 28)
    assert network.shapes == [(3, 3, 3, 9, 14), (2, 3, 3, 9, 14)]


@pytest.mark.parametrize("wanted", range(2, 12))
def test_no_batch_has_a_single_window_on_a_cpu(monkeypatch: pytest.MonkeyPatch, wanted: int) -> None:
    network = Middle()
    method = WindowNetwork(network, scale=2, device=CPU, radius=1)
    monkeypatch.setattr(method, "batch_pixels", {"cpu": 1})
    frames = [i % len(CLIP) for i in range(wanted)]
    restored = method.upscale(CLIP, frames)
    assert {shape[0] for shape in network.shapes} <= {2, 3}
    torch.testing.assert_close(restored, WindowNetwork(Middle(), scale=2, device=CPU, radius=1).upscale(CLIP, frames))


def test_clip_network_runs_once_over_the_whole_clip() -> None:
    network = Whole()
    restored = ClipNetwork(network, scale=2, device=CPU).upscale(CLIP, [4, 1])
    assert network.shapes == [(1, 5, 3, 9, 14)]
    torch.testing.assert_close(restored[:, :, ::2, ::2], (CLIP + CLIP.mean(0))[[4, 1]])


def test_clip_network_repeats_the_last_frame_of_a_short_clip() -> None:
    network = Whole()
    restored = ClipNetwork(network, scale=2, device=CPU, shortest=4).upscale(CLIP[:2], [0, 1])
    assert network.shapes == [(1, 4, 3, 9, 14)]
    mean = (CLIP[0] + 3 * CLIP[1]) / 4
    torch.testing.assert_close(restored[:, :, ::2, ::2], CLIP[:2] + mean)


@pytest.mark.parametrize(("multiple", "least", "size"), [(1, 1, (9, 14)), (4, 1, (12, 16)), (4, 33, (36, 36))])
def test_sides_are_padded_with_the_edge_and_cropped(multiple: int, least: int, size: tuple[int, int]) -> None:
    network = Whole()
    restored = ClipNetwork(network, scale=2, device=CPU, multiple=multiple, least=least).upscale(CLIP, [2])
    assert network.shapes == [(1, 5, 3, *size)]
    assert restored.shape == (1, 3, 18, 28)
    torch.testing.assert_close(restored[0, :, ::2, ::2], CLIP[2] + CLIP.mean(0))
    padded = pad_edges(CLIP, multiple, least)
    np.testing.assert_array_equal(
        padded, np.pad(CLIP, ((0, 0), (0, 0), (0, size[0] - 9), (0, size[1] - 14)), mode="edge")
    )


def test_a_network_with_another_factor_is_refused_by_name() -> None:
    with pytest.raises(ContractError, match="Doubling makes 28x18 of 14x9; x3 was asked for"):
        FrameNetwork(Doubling(), scale=3, device=CPU).upscale(CLIP, [0])


def test_the_ceiling_returns_the_frames_it_is_given() -> None:
    assert torch.equal(HighResolution(scale=4, device=CPU).upscale(CLIP, [0, 4]), CLIP[[0, 4]])


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_bicubic_agrees_with_basicsr_imresize(scale: int) -> None:
    from harness_basicsr import compat  # noqa: F401

    from basicsr.utils.matlab_functions import imresize  # isort: skip

    restored = Bicubic(scale=scale, device=CPU).upscale(CLIP, [2])
    torch.testing.assert_close(restored[0], imresize(CLIP[2], scale), atol=1e-5, rtol=0)


@pytest.mark.parametrize("scale", [2, 4])
def test_lanczos_agrees_with_pillow_away_from_the_border(scale: int) -> None:
    restored = Lanczos(scale=scale, device=CPU).upscale(CLIP, [2])[0, 0].numpy()
    image = Image.fromarray(CLIP[2, 0].numpy())
    expected = np.asarray(image.resize((14 * scale, 9 * scale), Image.Resampling.LANCZOS))
    inner = (slice(3 * scale, -3 * scale),) * 2  # Pillow drops taps outside the frame, MATLAB mirrors them
    np.testing.assert_allclose(restored[inner], expected[inner], atol=1e-5)


def test_nearest_makes_squares() -> None:
    restored = Nearest(scale=3, device=CPU).upscale(CLIP, [1, 2]).numpy()
    np.testing.assert_array_equal(restored, CLIP[1:3].numpy().repeat(3, axis=2).repeat(3, axis=3))
