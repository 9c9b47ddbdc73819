"""The contract of SR methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from harness.checks.base import Check, expect, expect_equal, expect_tensor, expect_untouched, run_test, run_tests
from harness.checks.clips import synthetic_clip
from harness.contracts import Clip, RestoredElsewhere, SRMethod, StereoMethod
from harness.errors import ClipError, ContractError
from harness.running.frame_store import around, temporal_radius

OVERSHOOT = 1.0
"""How far values may leave [0, 1]: sharpening overshoots a little, a result in 0..255 by a lot."""
LIKENESS = 0.1
"""Largest mean difference between the LR frames and the restored frames scaled down again."""


def check_sr_method(method: SRMethod, *, scale: int, device: torch.device | str = "cpu") -> list[Check]:
    """Check a live method that restores by `scale`, on `device`. The clips are 20x24 and 17x23, up to 7 frames.

    A method of source ``hr`` is checked with scale 1, because it is given HR frames; one whose frames were restored
    elsewhere has to say which clip it lacks.
    """
    contract = _Contract(method, scale, torch.device(device))
    if isinstance(method, RestoredElsewhere):
        return [run_test("a clip that is not there", partial(_missing_clip, method))]
    return run_tests(
        [
            ("shape, type and device", contract.whole_clip),
            ("range", contract.value_range),
            ("scale", contract.other_size),
            ("likeness", contract.likeness),
            ("determinism", contract.determinism),
            ("batch independence", contract.batch_independence),
            ("subset of frames", contract.subset),
            ("temporal radius", contract.temporal_radius),
            ("one frame", contract.one_frame),
            ("two frames", contract.two_frames),
            ("odd sizes", contract.odd_size),
            ("input untouched", contract.untouched),
        ]
    )


def asked(method: SRMethod, lr: Tensor, frames: Sequence[int]) -> Tensor:
    """What a method makes of a clip; one of two views also sees the clip as from a camera one pixel to the right."""
    if isinstance(method, StereoMethod):
        return method.upscale_left(lr, lr.roll(-1, dims=-1), frames)
    return method.upscale(lr, frames)


@dataclass
class _Contract:
    method: SRMethod
    scale: int
    device: torch.device

    def clip(self, frames: int = 7, height: int = 20, width: int = 24) -> Tensor:
        return synthetic_clip(frames, height, width).to(self.device)

    def ask(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        with torch.inference_mode():
            # a copy, so that a method that works in place does not spoil the reference
            found = asked(self.method, lr.clone(), list(frames))
        height, width = lr.shape[-2] * self.scale, lr.shape[-1] * self.scale
        return expect_tensor(found, (len(frames), 3, height, width), self.device).float()

    def ask_all(self, lr: Tensor) -> Tensor:
        return self.ask(lr, range(len(lr)))

    @cached_property
    def restored(self) -> Tensor:
        """The whole clip, restored once for all checks; a copy, because a method may use its memory again."""
        return self.ask_all(self.clip()).clone()

    def whole_clip(self) -> str:
        return f"{tuple(self.restored.shape)}"

    def value_range(self) -> str:
        low, high = float(self.restored.min()), float(self.restored.max())
        seen = f"values from {low:.2f} to {high:.2f}"
        expect(low >= -OVERSHOOT and high <= 1 + OVERSHOOT, f"{seen}; frames are in [0, 1]")
        return seen

    def other_size(self) -> str:
        return f"x{self.scale}: 16x28 to {'x'.join(map(str, self.ask_all(self.clip(3, 16, 28)).shape[-2:]))}"

    def likeness(self) -> str:
        lr = self.clip()
        small = adaptive_avg_pool2d(self.restored, (lr.shape[-2], lr.shape[-1]))
        difference = float((small - lr).abs().mean())
        seen = f"scaled down again it differs from the input by {difference:.3f} on average"
        expect(difference <= LIKENESS, f"{seen}, more than {LIKENESS}: channels, axes or levels are mixed up?")
        return seen

    def determinism(self) -> str:
        return expect_equal(self.ask_all(self.clip()), self.restored)

    def batch_independence(self) -> str:
        lr = self.clip()
        pair = self.ask(lr, [2, 5])
        alone = torch.cat([self.ask(lr, [2]), self.ask(lr, [5])])
        return expect_equal(pair, alone)

    def subset(self) -> str:
        lr, wanted = self.clip(), [0, 1, 3, 6]
        return expect_equal(self.ask(lr, wanted), self.restored[wanted])

    def temporal_radius(self) -> str:
        """Frames beyond the declared radius must not change a frame, neither at a clip's ends nor in its middle."""
        radius = temporal_radius(self.method)
        if radius is None:
            return "not declared: it is always given the whole clip"
        step = 2 * radius + 3
        lr, wanted = self.clip(frames=2 * step + 1), [0, step, 2 * step]
        near = around(wanted, radius, len(lr))
        cut = self.ask(lr[near], [near.index(frame) for frame in wanted])
        return f"{radius}, {expect_equal(cut, self.ask(lr, wanted))}"

    def one_frame(self) -> None:
        self.ask_all(self.clip(frames=1))

    def two_frames(self) -> None:
        self.ask(self.clip(frames=2), [1])

    def odd_size(self) -> str:
        return f"17x23 to {'x'.join(map(str, self.ask_all(self.clip(3, 17, 23)).shape[-2:]))}"

    def untouched(self) -> None:
        expect_untouched(lambda lr: asked(self.method, lr, list(range(len(lr)))), self.clip())


def _missing_clip(method: RestoredElsewhere) -> str:
    """It must be told apart from a fault: `ClipError`, so that the other clips are scored."""
    try:
        method.find_restored(Clip("no-such-clip", Path("no-such-clip"), 0, ""), [0], num_frames=1, size=(16, 16))
    except ClipError as error:
        return str(error)
    raise ContractError("frames were returned for a clip that does not exist; raise ClipError")
