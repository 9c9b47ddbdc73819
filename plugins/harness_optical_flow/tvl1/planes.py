"""Planes whose neighbours cost nothing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Planes:
    """A stack of planes ``(N, C, H, W)`` and, as views of the same memory, the pixel on each side of every pixel.

    At the border of a plane the neighbour is a pixel of the next row or plane, or 0: a caller overwrites it, or keeps
    the last column or row at 0. In return each operation is one pass over contiguous memory.
    """

    def __init__(self, shape: Sequence[int], device: torch.device) -> None:
        width = shape[-1]
        size = torch.Size(shape).numel()
        memory = torch.zeros(size + 2 * width, device=device)

        def view(start: int) -> Tensor:
            return memory[start : start + size].view(*shape)

        self.here = view(width)
        self.left, self.right = view(width - 1), view(width + 1)
        self.above, self.below = view(0), view(2 * width)

    def select(self, pairs: Tensor) -> Planes:
        """Copy of some pairs, by index."""
        copy = Planes((len(pairs), *self.here.shape[1:]), self.here.device)
        torch.index_select(self.here, 0, pairs, out=copy.here)
        return copy


class State:
    """The unknowns: `flow` in pixels (and brightness, if estimated), `dual_x` and `dual_y` of norm at most 1."""

    def __init__(self, flow: Planes, dual_x: Planes, dual_y: Planes) -> None:
        self.flow, self.dual_x, self.dual_y = flow, dual_x, dual_y

    @classmethod
    def starting_from(cls, flow: Tensor) -> State:
        """`flow` ``(N, C, H, W)``; the dual variables are 0."""
        planes = [Planes(flow.shape, flow.device) for _ in range(3)]
        planes[0].here.copy_(flow)
        return cls(*planes)

    def select(self, pairs: Tensor) -> State:
        return State(self.flow.select(pairs), self.dual_x.select(pairs), self.dual_y.select(pairs))

    def put(self, pairs: Tensor, other: State) -> None:
        """Overwrite these pairs by those of `other`."""
        for mine, theirs in zip(
            (self.flow, self.dual_x, self.dual_y), (other.flow, other.dual_x, other.dual_y), strict=True
        ):
            mine.here.index_copy_(0, pairs, theirs.here)
