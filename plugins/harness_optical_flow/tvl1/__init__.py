"""TV-L1 in torch: any device, whole batches of pairs."""

from __future__ import annotations

import torch
from torch import Tensor

from harness.errors import UsageError
from harness_optical_flow.pairs import grey
from harness_optical_flow.tvl1.iteration import Steps
from harness_optical_flow.tvl1.solver import Solver
from harness_optical_flow.tvl1.variants import VARIANTS

MEDIANS = (0, 1, 3, 5)
"""Sides of the median filter's window that OpenCV takes; 0 and 1 switch it off."""
AT_ONCE = {"cpu": 1 << 17, "gpu": 1 << 23}
"""Pixels of a batch: on a processor, whose caches are small, fewer; on a GPU they need about 3 GB."""


class TvL1:
    """TV-L1 flow (Zach, Pock, Bischof, DAGM 2007). Implements `harness.contracts.FlowEstimator`.

    `variant` says whose results to give: ``opencv`` is ``cv2.optflow.DualTVL1OpticalFlow``, whose options and defaults
    these are; ``cuda`` is ``cv2.cuda.OpticalFlowDual_TVL1``, which dense_flow and so TSN used. That one has no
    median filter, iterates `inner_iterations` x `outer_iterations` times at most, in one go, looks at `epsilon` less
    often, samples frames with a softer kernel and a repeated border, and makes its pyramid without a shift of half a
    pixel.

    `tau`, `lambda_` and `theta` are the paper's; `epsilon` is in pixels, `median_filtering` a window's side in pixels.
    Each pair ends by itself, so that its flow does not depend on the others of a batch.
    Raises `UsageError` for options without a meaning.
    """

    def __init__(
        self,
        *,
        device: torch.device | None = None,
        variant: str = "opencv",
        tau: float = 0.25,
        lambda_: float = 0.15,
        theta: float = 0.3,
        scales: int = 5,
        warps: int = 5,
        epsilon: float = 0.01,
        inner_iterations: int = 30,
        outer_iterations: int = 10,
        scale_step: float = 0.8,
        gamma: float = 0.0,
        median_filtering: int = 5,
    ) -> None:
        _require(variant in VARIANTS, f"variant={variant}", f"must be {' or '.join(VARIANTS)}")
        _require(theta > 0, f"theta={theta:g}", "must be positive")
        _require(scales >= 1, f"scales={scales}", "must be at least 1")
        _require(0 < scale_step < 1, f"scale_step={scale_step:g}", "must be between 0 and 1")
        _require(median_filtering in MEDIANS, f"median_filtering={median_filtering}", f"must be one of {MEDIANS}")
        _require(
            VARIANTS[variant].median or median_filtering != 3,
            f"median_filtering={median_filtering}",
            f"variant={variant} has no median filter; leave the option out",
        )
        self._solver = Solver(
            steps=Steps(tau, lambda_, theta),
            scales=scales,
            scale_step=scale_step,
            warps=warps,
            epsilon=epsilon,
            inner_iterations=inner_iterations,
            outer_iterations=outer_iterations,
            gamma=gamma,
            median_filtering=median_filtering,
            variant=VARIANTS[variant],
        )

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        """Flow of each pair: two ``(N, 3, H, W)`` in [0, 1] to float32 ``(N, 2, H, W)`` in pixels, on their device."""
        height, width = first.shape[-2:]
        if not len(first):
            return first.new_zeros((0, 2, height, width))
        kind = "cpu" if first.device.type == "cpu" else "gpu"
        pairs = max(1, AT_ONCE[kind] // (height * width))
        batches = [torch.split(grey(x).float()[:, None], pairs) for x in (first, second)]
        return torch.cat([self._solver.flow(*batch) for batch in zip(*batches, strict=True)])


def _require(holds: bool, option: str, rule: str) -> None:
    if not holds:
        raise UsageError(f"tvl1: {option}: {rule}")
