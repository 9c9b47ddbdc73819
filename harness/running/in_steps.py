"""Several SR methods one after the other: each restores what the one before it made."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import torch
from torch import Tensor

from harness.contracts import SRMethod
from harness.running.frame_store import around, remark_of, temporal_radius


class InSteps:
    """An SR method made of others; it enlarges by the product of their scale factors.

    A later step sees as many frames of the step before as it looks at, not only the wanted ones.
    """

    def __init__(self, steps: Sequence[SRMethod]) -> None:
        self.steps = steps
        networks = [getattr(step, "network", None) for step in steps]
        self.network = torch.nn.ModuleList(net for net in networks if isinstance(net, torch.nn.Module))

    @property
    def temporal_radius(self) -> int | None:
        """Frames on either side of a wanted one that all steps together look at; None for the whole clip."""
        radii = [temporal_radius(step) for step in self.steps]
        return None if None in radii else sum(radius or 0 for radius in radii)

    @property
    def remark(self) -> str | None:
        """What the steps say of how they came to their results."""
        return "; ".join(filter(None, map(remark_of, self.steps))) or None

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        """Restore the wanted frames of the LR clip ``(T, 3, h, w)``."""
        return self._upscale(lr, list(frames), self.steps)

    def _upscale(self, lr: Tensor, frames: list[int], steps: Sequence[SRMethod]) -> Tensor:
        *before, last = steps
        if not before:
            return last.upscale(lr, frames)
        seen = around(frames, temporal_radius(last), len(lr))
        restored = self._upscale(lr, seen, before).clamp(0, 1)
        return last.upscale(restored, [bisect_left(seen, frame) for frame in frames])
