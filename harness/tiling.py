"""Frames in overlapping tiles, so that memory depends on the size of a tile and not on that of a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Span:
    """One side of a tile, in LR pixels: what it contributes, and what is seen for that."""

    kept: slice
    seen: slice

    def times(self, scale: int) -> slice:
        """The contribution in restored pixels."""
        return slice(self.kept.start * scale, self.kept.stop * scale)

    def inside(self, scale: int) -> slice:
        """The contribution within what is restored of `seen`."""
        return slice((self.kept.start - self.seen.start) * scale, (self.kept.stop - self.seen.start) * scale)


def spans(length: int, side: int, overlap: int, least: int = 1) -> Iterator[Span]:
    """Cut a side into parts of at most `side` that are seen with `overlap` around them, where the frame has that.

    All parts see equally much, at least `least` or the whole. Where `length`, `side`, `overlap` and `least` are
    multiples of a number, all bounds are.
    """
    extent = min(length, max(side + 2 * overlap, least))
    for start in range(0, length, side):
        first = max(0, min(start - overlap, length - extent))
        yield Span(slice(start, min(length, start + side)), slice(first, first + extent))


def in_tiles(
    restore: Callable[[Tensor], Tensor], lr: Tensor, *, side: int, overlap: int, scale: int, least: int = 1
) -> Tensor:
    """Restore frames ``(T, C, h, w)`` tile by tile: ``(N, C', h * scale, w * scale)`` as `restore` makes of a tile.

    Each tile is restored with `overlap` LR pixels around its `side`, and cropped: equal to restoring the whole frame
    where `restore` looks no further than that.
    """
    whole: Tensor | None = None
    for down in spans(lr.shape[-2], side, overlap, least):
        for right in spans(lr.shape[-1], side, overlap, least):
            tile = restore(lr[..., down.seen, right.seen])
            if whole is None:
                whole = tile.new_empty((*tile.shape[:-2], lr.shape[-2] * scale, lr.shape[-1] * scale))
            whole[..., down.times(scale), right.times(scale)] = tile[..., down.inside(scale), right.inside(scale)]
    assert whole is not None, "a frame has pixels"
    return whole
