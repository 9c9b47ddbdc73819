"""One iteration on a batch of pairs: equations 13 to 16 of Zach, Pock, Bischof (DAGM 2007)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from harness_optical_flow.tvl1.planes import State

FLAT = torch.finfo(torch.float32).eps
"""A squared slope below which brightness says nothing about the flow."""


@dataclass(frozen=True)
class Steps:
    """Sizes of the steps, as in the paper."""

    tau: float
    lambda_: float
    theta: float


@dataclass(frozen=True)
class Linear:
    """Brightness difference as a linear function of the flow u, in units of the squared slope: rest + inverse . u.

    `slope` and `inverse` are ``(N, C, H, W)``, `rest` ``(N, 1, H, W)``; C is 2, or 3 with brightness as an unknown.
    """

    slope: Tensor
    inverse: Tensor
    rest: Tensor

    @classmethod
    def around(cls, flow: Tensor, first: Tensor, second: Tensor, slope: Tensor, gamma: float) -> Linear:
        """At `flow` ``(N, 2, H, W)``, with the second frame and its `slope` pulled back along it."""
        squared = slope.square().sum(1, keepdim=True).clamp_(min=FLAT)
        rest = second - first - (slope * flow).sum(1, keepdim=True)
        if gamma:
            slope = torch.cat([slope, torch.full_like(rest, gamma)], dim=1)
        return cls(slope, slope / squared, rest / squared)

    def select(self, pairs: Tensor) -> Linear:
        """Copy of some pairs, by index."""
        return Linear(*(part.index_select(0, pairs) for part in (self.slope, self.inverse, self.rest)))


class Iteration:
    """Moves `state` in place, with memory of its own for what comes between."""

    def __init__(self, state: State, linear: Linear, steps: Steps) -> None:
        self.state, self.linear, self._steps = state, linear, steps
        self._residual = torch.empty_like(linear.rest)
        self._move, self._across, self._down = (torch.empty_like(linear.slope) for _ in range(3))

    def select(self, pairs: Tensor) -> Iteration:
        """The same for some pairs, by index, on copies."""
        return Iteration(self.state.select(pairs), self.linear.select(pairs), self._steps)

    def run(self, counted: int) -> Tensor | None:
        """One iteration. Returns by how much it changed the first `counted` unknowns: sum of squares ``(N,)``."""
        self._primal()
        move = self._move[:, :counted]
        change = torch.linalg.vector_norm(move.flatten(1), dim=1).square_() if counted else None
        self._dual()
        return change

    def _primal(self) -> None:
        """Threshold the brightness difference, then descend along the divergence of the dual variables."""
        flow, linear, residual, move = self.state.flow.here, self.linear, self._residual, self._move
        residual.copy_(linear.rest)
        for part in range(flow.shape[1]):
            residual.addcmul_(linear.inverse[:, part : part + 1], flow[:, part : part + 1])
        most = self._steps.lambda_ * self._steps.theta
        residual.clamp_(-most, most)
        x, y = self.state.dual_x, self.state.dual_y
        torch.sub(x.here, x.left, out=move).add_(y.here).sub_(y.above).mul_(self._steps.theta)
        flow.add_(move.addcmul_(linear.slope, residual, value=-1))

    def _dual(self) -> None:
        """Ascend along the gradient of the flow, back to a norm of at most 1."""
        flow, across, down, norm = self.state.flow, self._across, self._down, self._move
        rate = self._steps.tau / self._steps.theta
        torch.sub(flow.right, flow.here, out=across)[..., -1] = 0
        torch.sub(flow.below, flow.here, out=down)[..., -1, :] = 0
        torch.mul(across, across, out=norm).addcmul_(down, down).sqrt_().mul_(rate).add_(1)
        self.state.dual_x.here.add_(across, alpha=rate).div_(norm)
        self.state.dual_y.here.add_(down, alpha=rate).div_(norm)
