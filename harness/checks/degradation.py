"""The contract of degradations."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from harness.checks.base import Check, expect, expect_equal, expect_tensor, expect_untouched, run_tests
from harness.checks.clips import synthetic_clip
from harness.checks.drawn import drawn_tests
from harness.contracts import Degradation, SlowDegradation
from harness.running.clock import Clock
from harness.video.frames import to_uint8

LIKENESS = 0.15
"""Largest mean difference between the LR frames and HR frames averaged over blocks."""


def check_degradation(degradation: Degradation, *, scale: int, drops_frames: bool = False) -> list[Check]:
    """Check a live degradation by `scale`. The clips have sides of 12 and 15 or 9 and 11 LR pixels.

    `drops_frames` is what its declaration says.
    """
    contract = _Contract(degradation, scale, drops_frames)
    return run_tests(
        [
            ("scale", contract.tells_scale),
            ("shape and type", contract.shape),
            ("range", contract.value_range),
            ("likeness", contract.likeness),
            ("determinism", contract.determinism),
            ("batch independence", contract.batch_independence),
            ("one frame", contract.one_frame),
            ("odd sizes", contract.odd_size),
            ("input untouched", contract.untouched),
            ("frames in time", contract.in_time),
            *drawn_tests(degradation, scale),
        ]
    )


@dataclass
class _Contract:
    degradation: Degradation
    scale: int
    drops_frames: bool

    def clip(self, frames: int = 5, height: int = 12, width: int = 15) -> Tensor:
        return synthetic_clip(frames, height * self.scale, width * self.scale)

    def ask(self, hr: Tensor) -> Tensor:
        size = hr.shape[-2] // self.scale, hr.shape[-1] // self.scale
        return expect_tensor(self.degradation.degrade(hr), (len(hr), 3, *size), hr.device).float()

    def tells_scale(self) -> None:
        found = getattr(self.degradation, "scale", None)
        expect(found == self.scale, f"its attribute `scale` is {found!r}; expected {self.scale}")

    def shape(self) -> str:
        return f"{tuple(self.ask(self.clip()).shape)}"

    def value_range(self) -> str:
        lr = self.ask(self.clip())
        seen = f"values from {float(lr.min()):.3f} to {float(lr.max()):.3f}"
        expect(float(lr.min()) >= 0 and float(lr.max()) <= 1, f"{seen}; frames are in [0, 1]")
        return seen

    def likeness(self) -> str:
        hr = self.clip()
        lr = self.ask(hr)
        difference = float((lr - adaptive_avg_pool2d(hr, (lr.shape[-2], lr.shape[-1]))).abs().mean())
        seen = f"differs from block means by {difference:.3f} on average"
        expect(difference <= LIKENESS, f"{seen}, more than {LIKENESS}: channels, axes or levels are mixed up?")
        return seen

    def determinism(self) -> str:
        return expect_equal(self.ask(self.clip()), self.ask(self.clip()))

    def batch_independence(self) -> str:
        """Clips are degraded in portions, and only the frames that something looks at."""
        hr = self.clip()
        return expect_equal(self.ask(hr[[0, 3]]), self.ask(hr)[[0, 3]])

    def one_frame(self) -> None:
        self.ask(self.clip(frames=1))

    def odd_size(self) -> None:
        self.ask(self.clip(3, 9, 11))

    def untouched(self) -> None:
        expect_untouched(self.ask, self.clip())

    def in_time(self) -> str:
        """There is an LR frame for every time that is told."""
        slow = isinstance(self.degradation, SlowDegradation)
        found = f"it has {'a' if slow else 'no'} method `times`"
        expect(slow == self.drops_frames, f"drops_frames={self.drops_frames}, but {found}")
        if not isinstance(self.degradation, SlowDegradation):
            return "every frame stays"
        for length in (1, 2, 7):
            told = Clock.of(length, self.degradation).lr_frames
            low = to_uint8(self.ask(self.clip(length)))
            left = sum(1 for _ in self.degradation.recode(iter(low), 25.0))
            expect(left == told, f"of {length} frames it leaves {left}, and tells {told} times")
        return f"{told} of {length}"
