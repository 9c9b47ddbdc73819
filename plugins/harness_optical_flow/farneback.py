"""Polynomial expansion."""

from __future__ import annotations

from typing import cast

import cv2
import torch

from harness_optical_flow.pairs import Algorithm, PairwiseFlow


class Farneback(PairwiseFlow):
    """OpenCV's ``FarnebackOpticalFlow`` (Farneback, SCIA 2003). `window_size` and `poly_n` are in pixels."""

    def __init__(
        self,
        *,
        device: torch.device | None = None,
        pyramid_scale: float = 0.5,
        levels: int = 5,
        window_size: int = 13,
        iterations: int = 10,
        poly_n: int = 5,
        poly_sigma: float = 1.1,
        gaussian_window: bool = False,
        threads: int | None = None,
    ) -> None:
        def make() -> Algorithm:
            flags = cv2.OPTFLOW_FARNEBACK_GAUSSIAN if gaussian_window else 0
            farneback = cv2.FarnebackOpticalFlow.create(
                numLevels=levels,
                pyrScale=pyramid_scale,
                fastPyramids=False,
                winSize=window_size,
                numIters=iterations,
                polyN=poly_n,
                polySigma=poly_sigma,
                flags=flags,
            )
            return cast(Algorithm, farneback)

        super().__init__(make, threads)
