"""The fully coupled two-stream network: one recurrent network for HR and LR clips.

Source: Xu, Sharghi, Chen, Crandall, Fully-Coupled Two-Stream Spatiotemporal Networks for Extremely Low Resolution
Action Recognition, WACV 2018, and its code (eLR-WACV2018). There the features of a unit of frames are C3D's (4,096,
trained on Sports-1M); here they are I3D's, whose weights can be had.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import normalize

HIDDEN = 512


class CoupledGRU(nn.Module):
    """Features of units of frames, ``(N, T, channels)`` of each stream, to class scores ``(N, num_classes)``.

    Each unit's features are brought to length 1. A bidirectional GRU reads each stream; the four last states (two
    directions of two streams) are added. Coupled it is by its training: HR and LR clips are samples of one set.
    """

    def __init__(self, num_classes: int, channels: int) -> None:
        super().__init__()
        self.spatial, self.temporal = (nn.GRU(channels, HIDDEN, batch_first=True, bidirectional=True) for _ in range(2))
        self.classes = nn.Linear(HIDDEN, num_classes)

    def forward(self, spatial: Tensor, temporal: Tensor) -> Tensor:
        _, first = self.spatial(normalize(spatial, dim=-1))
        _, second = self.temporal(normalize(temporal, dim=-1))
        scores: Tensor = self.classes(first.sum(dim=0) + second.sum(dim=0))
        return scores
