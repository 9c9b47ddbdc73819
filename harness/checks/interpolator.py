"""The contract of methods that make frames between, besides that of SR methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from harness.checks.base import Check, expect, expect_equal, expect_tensor, run_tests
from harness.checks.clips import drifting_texture
from harness.contracts import Interpolator
from harness.running.clock import around_times, ask, placed
from harness.running.frame_store import temporal_radius

LIKENESS = 0.1
"""Largest mean difference between a frame made half-way, scaled down again, and the mean of its neighbours."""
TIMES = (0.0, 0.5, 1.0, 2.75, 5.5, 6.0)


def check_interpolator(method: Interpolator, *, scale: int, device: torch.device | str = "cpu") -> list[Check]:
    """Check what a live method that enlarges by `scale` makes between frames. The clips are 20x24, from 7 frames."""
    contract = _Contract(method, scale, torch.device(device))
    return run_tests(
        [
            ("times between", contract.times_between),
            ("likeness between", contract.likeness),
            ("subset of times", contract.subset),
            ("temporal radius between", contract.temporal_radius),
        ]
    )


@dataclass
class _Contract:
    method: Interpolator
    scale: int
    device: torch.device

    def clip(self, frames: int = 7) -> Tensor:
        return drifting_texture(frames, 20, 24, right=1, down=0).to(self.device)

    def ask(self, lr: Tensor, times: Sequence[float]) -> Tensor:
        with torch.inference_mode():
            found = ask(self.method, lr.clone(), list(times))
        return expect_tensor(found, (len(times), 3, 20 * self.scale, 24 * self.scale), self.device).float()

    @cached_property
    def made(self) -> Tensor:
        """What is made at all times, once for all checks; a copy, because a method may use its memory again."""
        return self.ask(self.clip(), TIMES).clone()

    def times_between(self) -> str:
        return f"{tuple(self.made.shape)}"

    def likeness(self) -> str:
        lr = self.clip()
        small = adaptive_avg_pool2d(self.ask(lr, [2.5])[0], (20, 24))
        difference = float((small - (lr[2] + lr[3]) / 2).abs().mean())
        seen = f"half-way it differs from the mean of both frames by {difference:.3f} on average"
        expect(difference <= LIKENESS, f"{seen}, more than {LIKENESS}: are times those of frames of `lr`?")
        return seen

    def subset(self) -> str:
        return expect_equal(self.ask(self.clip(), TIMES[1:4]), self.made[1:4])

    def temporal_radius(self) -> str:
        """Frames beyond the declared radius must not change a frame."""
        radius = temporal_radius(self.method)
        if radius is None:
            return "not declared: it is always given the whole clip"
        lr = self.clip(4 * radius + 9)
        wanted = [0.5, 2 * radius + 4.0, 4 * radius + 7.5]
        near = around_times(wanted, radius, len(lr))
        return f"{radius}, {expect_equal(self.ask(lr[near], placed(wanted, near)), self.ask(lr, wanted))}"
