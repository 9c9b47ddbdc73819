"""The contract of optical-flow estimators."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from harness.checks.base import Check, expect, expect_equal, expect_tensor, run_tests
from harness.checks.clips import drifting_texture
from harness.contracts import FlowEstimator

RIGHT, DOWN = 2, 1
"""Motion of the synthetic clip in pixels per frame."""
NEAR = 0.5
"""Largest error of the median flow in pixels."""
FLOW_TOLERANCE = 1e-3


def check_flow(estimator: FlowEstimator, *, device: torch.device | str = "cpu") -> list[Check]:
    """Check a live estimator, on `device`. The frames are 96x128 and 67x83."""
    contract = _Contract(estimator, torch.device(device))
    return run_tests(
        [
            ("shape, type and device", contract.shape),
            ("direction", contract.direction),
            ("still picture", contract.still),
            ("determinism", contract.determinism),
            ("batch independence", contract.batch_independence),
            ("odd sizes", contract.odd_size),
            ("input untouched", contract.untouched),
        ]
    )


@dataclass
class _Contract:
    estimator: FlowEstimator
    device: torch.device

    def clip(self, frames: int = 4, height: int = 96, width: int = 128) -> Tensor:
        return drifting_texture(frames, height, width, right=RIGHT, down=DOWN).to(self.device)

    def ask(self, first: Tensor, second: Tensor) -> Tensor:
        with torch.inference_mode():
            found = self.estimator.flow(first, second)
        return expect_tensor(found, (len(first), 2, *first.shape[-2:]), self.device).float()

    def shape(self) -> str:
        clip = self.clip()
        return f"{tuple(self.ask(clip[:-1], clip[1:]).shape)}"

    def direction(self) -> str:
        clip = self.clip(2)
        median = self.ask(clip[:1], clip[1:])[0].flatten(1).median(1).values
        u, v = (float(x) for x in median)
        seen = f"({u:.2f}, {v:.2f}) for a texture that moves by ({RIGHT}, {DOWN}), right and down"
        expect(abs(u - RIGHT) <= NEAR and abs(v - DOWN) <= NEAR, f"median flow {seen}")
        return seen

    def still(self) -> str:
        frame = self.clip(1)
        largest = float(self.ask(frame, frame).abs().max())
        expect(largest <= NEAR, f"the flow from a frame to itself is up to {largest:.2f} px")
        return f"at most {largest:.2g} px"

    def determinism(self) -> str:
        clip = self.clip()
        return expect_equal(self.ask(clip[:-1], clip[1:]), self.ask(clip[:-1], clip[1:]), FLOW_TOLERANCE)

    def batch_independence(self) -> str:
        clip = self.clip()
        together = self.ask(clip[:-1], clip[1:])
        alone = torch.cat([self.ask(clip[i : i + 1], clip[i + 1 : i + 2]) for i in range(len(clip) - 1)])
        return expect_equal(together, alone, FLOW_TOLERANCE)

    def odd_size(self) -> None:
        clip = self.clip(2, 67, 83)
        self.ask(clip[:1], clip[1:])

    def untouched(self) -> None:
        clip = self.clip()
        before = clip.clone()
        self.ask(clip[:-1], clip[1:])
        expect(bool(torch.equal(clip, before)), "the input was changed in place; work on a copy")
