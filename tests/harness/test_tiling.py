"""Frames in overlapping tiles: equal to whole frames, within memory that does not grow with them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from harness.methods import ClipNetwork, FrameNetwork, LumaNetwork, WindowNetwork
from harness.running.cost import LiveBytes
from harness.tiling import in_tiles, spans

CPU = torch.device("cpu")
CLIP = torch.rand(3, 3, 37, 52, generator=torch.Generator().manual_seed(1))


class Convolutions(nn.Module):
    """A network that sees exactly `depth` pixels to each side; remembers the frames it was given."""

    def __init__(self, depth: int = 3, channels: int = 3, width: int = 6, scale: int = 2) -> None:
        super().__init__()
        ends = nn.Conv2d(channels, width, 3, padding=1), nn.Conv2d(width, channels * scale**2, 3, padding=1)
        inner = (nn.Conv2d(width, width, 3, padding=1) for _ in range(depth - 2))
        self.layers = nn.Sequential(ends[0], *inner, ends[1], nn.PixelShuffle(scale))
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, x: Tensor) -> Tensor:
        self.shapes.append(tuple(x.shape))
        found: Tensor = self.layers(x.flatten(0, -4)).unflatten(0, x.shape[:-3])
        return found


class MiddleOf(Convolutions):
    """The same for the mean of a window."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.mean(1))


VIEWS: dict[str, Callable[[], FrameNetwork]] = {
    "frame": lambda: FrameNetwork(Convolutions(), scale=2, device=CPU),
    "multiple": lambda: FrameNetwork(Convolutions(), scale=2, device=CPU, multiple=8),
    "least": lambda: FrameNetwork(Convolutions(), scale=2, device=CPU, multiple=4, least=33),
    "luma": lambda: LumaNetwork(Convolutions(channels=1, scale=1), scale=2, device=CPU),
    "window": lambda: WindowNetwork(MiddleOf(), scale=2, device=CPU, radius=1),
    "clip": lambda: ClipNetwork(Convolutions(), scale=2, device=CPU, shortest=5),
}


@pytest.mark.parametrize("tile", [16, 24, 51])
@pytest.mark.parametrize("view", VIEWS)
def test_tiles_that_overlap_by_the_receptive_field_equal_whole_frames(view: str, tile: int) -> None:
    method = VIEWS[view]()
    method.receptive_field = 6
    whole = method.upscale(CLIP, [0, 2])
    method.tile = tile
    torch.testing.assert_close(method.upscale(CLIP, [0, 2]), whole, atol=1e-5, rtol=0)
    assert method.remark is None  # it was asked for


def test_a_smaller_overlap_differs_only_near_the_seams() -> None:
    method = FrameNetwork(Convolutions(depth=5), scale=2, device=CPU)
    whole = method.upscale(CLIP, [1])
    method.tile, method.receptive_field = 20, 2
    unlike = (method.upscale(CLIP, [1]) - whole).abs().amax((0, 1)) > 1e-5
    seams = torch.zeros_like(unlike)
    for seam in (20, 40):
        seams[2 * (seam - 3) : 2 * (seam + 3)] = True
        seams[:, 2 * (seam - 3) : 2 * (seam + 3)] = True
    assert unlike.any() and not (unlike & ~seams).any()


@pytest.mark.parametrize("multiple", [1, 4])
def test_bounds_of_tiles_are_multiples_and_no_tile_is_too_small(multiple: int) -> None:
    method = FrameNetwork(network := Convolutions(), scale=2, device=CPU, multiple=multiple, least=27)
    method.tile, method.receptive_field = 9, 2
    method.upscale(CLIP, [0])
    sides = {side for shape in network.shapes for side in shape[-2:]}
    assert min(sides) >= 27 and not any(side % multiple for side in sides)


@pytest.mark.parametrize(("length", "side", "overlap"), [(50, 20, 4), (40, 20, 4), (7, 20, 4), (50, 16, 40)])
def test_every_pixel_is_kept_once_and_seen_with_its_surroundings(length: int, side: int, overlap: int) -> None:
    found = list(spans(length, side, overlap))
    assert [p for span in found for p in range(span.kept.start, span.kept.stop)] == list(range(length))
    for span in found:
        assert span.seen.start <= max(0, span.kept.start - overlap)
        assert span.seen.stop >= min(length, span.kept.stop + overlap)
        assert span.seen.start >= 0 and span.seen.stop <= length
    assert len({span.seen.stop - span.seen.start for span in found}) == 1


def test_a_tile_is_cropped_to_what_it_contributes() -> None:
    enlarged = partial(interpolate, scale_factor=3, mode="nearest")
    found = in_tiles(enlarged, CLIP, side=10, overlap=3, scale=3)
    assert torch.equal(found, enlarged(CLIP))


def test_memory_for_a_frame_of_1080p_is_that_of_its_tiles() -> None:
    """Whole, a layer of 24 channels on 480x270 takes 12 MB, and its pixels before the last one 100."""
    method = FrameNetwork(Convolutions(depth=4, width=24, scale=4), scale=4, device=CPU)
    lr = torch.rand(1, 3, 270, 480)
    peaks = {}
    for tile in (None, 64):
        method.tile, method.receptive_field = tile, 4
        with LiveBytes() as memory:
            restored = method.upscale(lr, [0])
        assert restored.shape == (1, 3, 1080, 1920)
        peaks[tile] = memory.peak / (3 * 1080 * 1920 * 4)  # in frames
    assert peaks[64] < 1.3 < 2 < (peaks[None] or 0)
