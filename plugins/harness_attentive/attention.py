"""Spatial-temporal multi-head self-attention over the features of a 3D network.

After Purwanto, Pramono, Chen, Fang: Extreme Low Resolution Action Recognition with Spatial-Temporal Multi-Head
Self-Attention and Knowledge Distillation, ICCVW 2019. Only the abstract of the paper says what is in it; sizes and the
three variants are choices of ours.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

WIDTH = 64
"""Channels of a head."""
JOINT, FACTORISED, TEMPORAL = "joint", "factorised", "temporal"
VARIANTS = (JOINT, FACTORISED, TEMPORAL)


class SelfAttention(nn.Module):
    """A residual block over tokens ``(N, L, channels)``: LayerNorm(x + W(heads of attention)).

    Queries, keys and values have `heads` x 64 channels. Of 1,024 channels and 8 heads it has 2,101,760 parameters.
    Without positions its output is permuted as its input is.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(channels, heads * WIDTH) for _ in range(3))
        self.out = nn.Linear(heads * WIDTH, channels)
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (self._split(project(x)) for project in (self.query, self.key, self.value))
        seen = scaled_dot_product_attention(query, key, value)
        found: Tensor = self.norm(x + self.out(seen.transpose(1, 2).flatten(2)))
        return found

    def weights(self, x: Tensor) -> Tensor:
        """What every token looks at, ``(N, heads, L, L)``; each row sums to 1."""
        query, key = self._split(self.query(x)), self._split(self.key(x))
        found: Tensor = (query @ key.transpose(-1, -2) / WIDTH**0.5).softmax(dim=-1)
        return found

    def _split(self, x: Tensor) -> Tensor:
        """Channels to heads: ``(N, heads, L, 64)``."""
        return x.reshape(*x.shape[:2], self.heads, WIDTH).transpose(1, 2)


class SpaceTimeAttention(nn.Module):
    """Features ``(N, C, T, H, W)`` to tokens that have seen each other, ``(N, L, C)``.

    `joint`: all T x H x W tokens look at each other. `factorised`: those of one time, then those of one place.
    `temporal`: space is averaged first, so that L = T. Places and times are learnt, and added; T is at most `times`,
    H and W at most `side`.
    """

    def __init__(self, channels: int, heads: int, variant: str, times: int, side: int) -> None:
        super().__init__()
        self.variant = variant
        self.time = nn.Parameter(torch.zeros(times, channels))
        self.place = nn.Parameter(torch.zeros(side, side, channels)) if variant != TEMPORAL else None
        self.blocks = nn.ModuleList(SelfAttention(channels, heads) for _ in range(2 if variant == FACTORISED else 1))

    def forward(self, features: Tensor) -> Tensor:
        x = features.permute(0, 2, 3, 4, 1)  # (N, T, H, W, C)
        times, height, width = x.shape[1:4]
        if self.place is None:
            found: Tensor = self.blocks[0](x.mean(dim=(2, 3)) + self.time[:times])
            return found
        x = x + self.time[:times, None, None] + self.place[:height, :width]
        return self._factorised(x) if self.variant == FACTORISED else self.blocks[0](x.flatten(1, 3))

    def _factorised(self, x: Tensor) -> Tensor:
        count, times, height, width, channels = x.shape
        x = self.blocks[0](x.reshape(count * times, height * width, channels))
        x = x.reshape(count, times, height * width, channels).transpose(1, 2)  # (N, places, T, C)
        x = self.blocks[1](x.reshape(-1, times, channels)).reshape(count, height * width, times, channels)
        return x.transpose(1, 2).flatten(1, 2)
