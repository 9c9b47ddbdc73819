"""The network of one stream: I3D, self-attention over its features, classes."""

from __future__ import annotations

from torch import Tensor, nn

from harness_attentive.attention import SpaceTimeAttention
from harness_i3d.network import FEATURES, I3D

STRIDES = 8, 32
"""Frames and pixels to one step of the features."""
DROPOUT = 0.5
"""Share of what the classes look at; a recipe may have another."""


class Attentive(nn.Module):
    """Clips ``(N, C, T, H, W)`` in [-1, 1] to class scores before softmax ``(N, num_classes)``.

    `attention` is a variant of `harness_attentive.attention`, or empty for I3D's features alone, averaged. `frames` is
    the largest T, `side` the largest H and W. `narrow` divides the channels of I3D, which are 1,024 in the end as
    published.
    """

    def __init__(
        self, num_classes: int, channels: int, attention: str, heads: int, frames: int, side: int, narrow: int
    ) -> None:
        super().__init__()
        self.backbone = I3D(1, channels, narrow)
        del self.backbone.logits
        width = FEATURES // narrow
        times, places = (-(-length // stride) for length, stride in zip((frames, side), STRIDES, strict=True))
        self.attention = SpaceTimeAttention(width, heads, attention, times, places) if attention else None
        self.dropout = nn.Dropout(DROPOUT)
        self.classes = nn.Linear(width, num_classes)

    def features(self, clips: Tensor) -> Tensor:
        """The backbone's, ``(N, 1024 / narrow, T / 8, H / 32, W / 32)``, sizes rounded up."""
        return self.backbone.features(clips)

    def attended(self, features: Tensor) -> Tensor:
        """What the classes look at, ``(N, 1024 / narrow)``: the mean of all tokens."""
        if self.attention is None:
            return features.mean(dim=(2, 3, 4))
        tokens: Tensor = self.attention(features)
        return tokens.mean(dim=1)

    def classify(self, attended: Tensor) -> Tensor:
        """Class scores."""
        scores: Tensor = self.classes(self.dropout(attended))
        return scores

    def forward(self, clips: Tensor) -> Tensor:
        return self.classify(self.attended(self.features(clips)))
