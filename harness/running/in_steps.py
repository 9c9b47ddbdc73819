"""Several SR methods one after the other: each restores what the one before it made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from harness.contracts import SRMethod
from harness.running.clock import Wanted, around_times, ask, placed
from harness.running.frame_store import around, remark_of, temporal_radius

Around = Callable[[Any, int, int], list[int]]


class InSteps:
    """An SR method made of others; it enlarges by the product of their scale factors.

    A later step sees as many frames of the step before as it looks at, not only the wanted ones. If the last one
    `interpolates`, it is asked for times.
    """

    def __init__(self, steps: Sequence[SRMethod], *, interpolates: bool = False) -> None:
        self.steps = steps
        self._interpolates = interpolates
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

    def upscale(self, lr: Tensor, frames: Wanted) -> Tensor:
        """Restore the wanted frames, or times, of the LR clip ``(T, 3, h, w)``."""
        return self._upscale(lr, frames, self.steps, around_times if self._interpolates else around)

    def _upscale(self, lr: Tensor, frames: Wanted, steps: Sequence[SRMethod], around_last: Around) -> Tensor:
        *before, last = steps
        if not before:
            return ask(last, lr, frames)
        radius = temporal_radius(last)
        seen = list(range(len(lr))) if radius is None else around_last(frames, radius, len(lr))
        restored = self._upscale(lr, seen, before, around).clamp(0, 1)
        return ask(last, restored, placed(frames, seen))
