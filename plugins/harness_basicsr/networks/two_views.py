"""What one view finds in the other: attention over all positions, and along rows only. Both bound their memory."""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, scaled_dot_product_attention

from harness_basicsr.networks.distilling import SLOPE, conv

WINDOW = 96
"""LR pixels a side within which a position of one view attends to those of the other."""
SEEN = 0.1
"""Share of the other view's attention from which on a position counts as seen there."""
SMALLEST_REGION, SMALLEST_HOLE, CLOSING = 20, 10, 3
"""Pixels of a region that is not seen, of a hole in one, and the radius of the disk that closes gaps."""
NEIGHBOURS = np.ones((3, 3), dtype=bool)


class Residual(nn.Module):
    """Two convolutions without bias, added to what enters: ``(N, num_feat, h, w)`` to the same."""

    def __init__(self, num_feat: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(num_feat, num_feat, 3, padding=1, bias=False) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.second(leaky_relu(self.first(x), SLOPE))
        return found


class Asking(nn.Module):
    """Queries of one view and keys of the other, ``(N, num_feat, h, w)`` each, by one residual block for both."""

    def __init__(self, num_feat: int) -> None:
        super().__init__()
        self.shared = Residual(num_feat)
        self.query, self.key = conv(num_feat, num_feat, 1), conv(num_feat, num_feat, 1)

    def ask(self, here: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        return self.query(self.shared(here)), self.key(self.shared(there))


class EverywhereAttention(Asking):
    """For each position of one view the other's features, weighted by likeness over all positions (VTAM).

    Frames larger than `WINDOW` are cut into windows as even as possible, and a position attends within its own; one
    window is the published attention. No matrix of all pairs is kept. ``(N, num_feat, h, w)`` twice to the same.
    """

    def forward(self, here: Tensor, there: Tensor, window: int = WINDOW) -> Tensor:
        query, key = self.ask(here, there)
        rows, columns = (-(-side // window) for side in here.shape[-2:])
        bands = [band.tensor_split(columns, -1) for band in torch.cat([query, key, there], 1).tensor_split(rows, -2)]
        return torch.cat([torch.cat([_attend(piece) for piece in band], dim=-1) for band in bands], dim=-2)


def _attend(stacked: Tensor) -> Tensor:
    """Attention within a window of query, key and value, one after the other in the channels."""
    query, key, value = (part.flatten(2).transpose(1, 2)[:, None] for part in stacked.chunk(3, dim=1))
    found = scaled_dot_product_attention(query, key, value, scale=1.0)[:, 0]
    attended: Tensor = found.transpose(1, 2).reshape(len(stacked), -1, *stacked.shape[-2:])
    return attended


class RowAttention(Asking):
    """The same along each row alone, where a second camera at the side sees a point (PAM), and what is seen there.

    ``(N, num_feat, h, w)`` twice to the same, and 1 where a position of `here` is seen in `there`, else 0,
    ``(N, 1, h, w)``, without gradient.
    Source: Wang et al., Learning Parallax Attention for Stereo Image Super-Resolution, CVPR 2019.
    """

    def forward(self, here: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        query, key = self.ask(here, there)
        likeness = torch.einsum("nchi,nchj->nhij", query, key)
        found = torch.einsum("nhij,nchj->nchi", likeness.softmax(dim=-1), there)
        seen = likeness.detach().softmax(dim=-2).sum(dim=-1)[:, None] > SEEN
        return found, tidied(seen).to(found)


def tidied(seen: Tensor) -> Tensor:
    """Masks ``(N, 1, h, w)`` of what is seen, without specks in what is not: bool, on the same device.

    Each mask by itself, unlike in the released code, which joins regions of neighbours in a batch.
    """
    masks = [_tidied(~mask) for mask in seen[:, 0].cpu().numpy()]
    return ~torch.from_numpy(np.stack(masks)).to(seen.device)[:, None]


def _tidied(hidden: np.ndarray) -> np.ndarray:
    kept = _without_small(hidden, SMALLEST_REGION)
    filled = ~_without_small(~kept, SMALLEST_HOLE)
    down, right = np.ogrid[-CLOSING : CLOSING + 1, -CLOSING : CLOSING + 1]
    closed = ndimage.binary_closing(np.pad(filled, CLOSING), down**2 + right**2 <= CLOSING**2)
    found: np.ndarray = closed[CLOSING:-CLOSING, CLOSING:-CLOSING]
    return found


def _without_small(mask: np.ndarray, least: int) -> np.ndarray:
    """The mask without regions of fewer pixels, corners joined."""
    regions, _ = ndimage.label(mask, NEIGHBOURS)
    found: np.ndarray = mask & (np.bincount(regions.ravel()) >= least)[regions]
    return found
