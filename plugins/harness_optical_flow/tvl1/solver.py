"""The flow of a batch of pairs, from the coarsest level of a pyramid to the finest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from harness_optical_flow.tvl1.iteration import Iteration, Linear, Steps
from harness_optical_flow.tvl1.median import median_filter
from harness_optical_flow.tvl1.planes import State
from harness_optical_flow.tvl1.pyramid import pyramid, resize
from harness_optical_flow.tvl1.variants import Variant
from harness_optical_flow.tvl1.warp import slopes

if TYPE_CHECKING:
    from harness_optical_flow.tvl1.fused import FusedIteration


@dataclass(frozen=True)
class Solver:
    """All that the flow of a pair depends on."""

    steps: Steps
    scales: int
    scale_step: float
    warps: int
    epsilon: float
    inner_iterations: int
    outer_iterations: int
    gamma: float
    median_filtering: int
    variant: Variant

    @torch.no_grad()
    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        """Of grey levels ``(N, 1, H, W)`` in [0, 255] to flow ``(N, 2, H, W)`` in pixels."""
        origin = self.variant.origin
        levels = list(zip(*(pyramid(x, self.scales, self.scale_step, origin) for x in (first, second)), strict=True))
        flow = first.new_zeros(len(first), 3 if self.gamma else 2, *levels[-1][0].shape[-2:])
        for level, (small_first, small_second) in reversed(list(enumerate(levels))):
            flow = self._refine(flow, small_first, small_second)
            if level > 0:
                height, width = levels[level - 1][0].shape[-2:]
                flow = resize(flow, height, width, origin)
                flow[:, :2] /= self.scale_step
        return flow[:, :2].contiguous()

    def _refine(self, flow: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """Linearise around `flow` and solve, `warps` times."""
        planes = torch.cat([second, *slopes(second)], dim=1)
        state = State.starting_from(flow)
        for _ in range(self.warps):
            now = state.flow.here[:, :2]
            pulled = self.variant.pull(planes, now)
            self._solve(state, Linear.around(now, first, pulled[:, :1], pulled[:, 1:], self.gamma))
        return state.flow.here

    def _solve(self, state: State, linear: Linear) -> None:
        """Iterate on all pairs; one that ends is put back into `state` and takes no further part."""
        pairs, _, height, width = state.flow.here.shape
        waiting = torch.arange(pairs, device=state.flow.here.device)
        stop = self.variant.stop(pairs, self.epsilon**2 * height * width)
        filtering = self.variant.median and self.median_filtering > 1
        work = iteration_on(waiting.device)(state.select(waiting), linear, self.steps)
        for iteration in range(self.outer_iterations * self.inner_iterations):
            if filtering and iteration % self.inner_iterations == 0:
                flow = work.state.flow.here[:, :2]
                flow.copy_(median_filter(flow, self.median_filtering))
            change = work.run(stop.due(iteration))
            if change is None or not (ended := stop.ended(change)).any():
                continue
            over, on = ended.nonzero()[:, 0], (~ended).nonzero()[:, 0]
            state.put(waiting[over], work.state.select(over))
            if not len(on):
                return
            waiting, work = waiting[on], work.select(on)
            stop.select(on)
        state.put(waiting, work.state)


@cache
def iteration_on(device: torch.device) -> type[Iteration] | type[FusedIteration]:
    """The kernel where Triton can compile it for the device, else plain torch: the same to a millionth of a pixel."""
    if device.type != "cuda":
        return Iteration
    try:
        from harness_optical_flow.tvl1.fused import FusedIteration

        pixel = torch.zeros(1, 1, 1, 1, device=device)
        FusedIteration(State.starting_from(pixel), Linear(pixel, pixel, pixel), Steps(1, 1, 1)).run(0)
    except Exception:  # no Triton, or what it needs, such as a compiler for C, is not there: plain torch does as well
        return Iteration
    return FusedIteration
