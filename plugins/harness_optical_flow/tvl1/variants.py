"""In what the two implementations of OpenCV differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from harness_optical_flow.tvl1.pyramid import HALF_A_PIXEL_IN, ON_THE_CORNER
from harness_optical_flow.tvl1.stopping import Always, Stop, WhenDue
from harness_optical_flow.tvl1.warp import pull_sharp, pull_soft


@dataclass(frozen=True)
class Variant:
    """How frames are made smaller and sampled, when iterations stop, and whether there is a median filter."""

    origin: float
    pull: Callable[[Tensor, Tensor], Tensor]
    stop: Callable[[int, float], Stop]
    median: bool


VARIANTS = {
    "opencv": Variant(HALF_A_PIXEL_IN, pull_sharp, Always, median=True),
    "cuda": Variant(ON_THE_CORNER, pull_soft, WhenDue, median=False),
}
