"""Forward splatting: every pixel is laid down where its flow says, on a grid `scale` times as fine."""

from __future__ import annotations

import torch
from torch import Tensor


def splat(values: Tensor, flow: Tensor, scale: int) -> Tensor:
    """Lay `values` ``(N, C, h, w)`` down along `flow` ``(N, 2, h, w)``: ``(N, C, scale * h, scale * w)``.

    Pixel p lands at ``scale * (p + flow(p))``, flow in pixels of the coarse grid, and is shared among the four pixels
    around by the weights max(0, 1 - |dx|) max(0, 1 - |dy|). Shares that meet are summed, not averaged; what falls
    outside is dropped; pixels that nothing reaches are 0. Differentiable in values and flow.
    Source: Tao, Gao, Liao, Wang, Jia, Detail-revealing Deep Video Super-resolution, ICCV 2017, eq. of the SPMC layer.
    """
    batch, channels, rows, columns = values.shape
    height, width = scale * rows, scale * columns
    flow = flow.to(torch.promote_types(flow.dtype, torch.float32))  # half precision cannot count a frame's pixels
    x = scale * (torch.arange(columns, device=flow.device, dtype=flow.dtype) + flow[:, 0])
    y = scale * (torch.arange(rows, device=flow.device, dtype=flow.dtype)[:, None] + flow[:, 1])
    left, top = x.detach().floor(), y.detach().floor()
    right_share, lower_share = x - left, y - top
    fine = values.new_zeros(batch, channels, height * width)
    for down, row_share in ((0, 1 - lower_share), (1, lower_share)):
        for right, column_share in ((0, 1 - right_share), (1, right_share)):
            column, row = left + right, top + down
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            share = torch.where(inside, row_share * column_share, 0)
            # what is outside has no share, so any valid target will do
            target = torch.where(inside, row * width + column, 0).long().flatten(1)[:, None].expand(-1, channels, -1)
            fine = fine.scatter_add(2, target, (values * share[:, None]).flatten(2))
    return fine.reshape(batch, channels, height, width)
