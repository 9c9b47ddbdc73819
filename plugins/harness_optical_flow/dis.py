"""Dense inverse search."""

from __future__ import annotations

from typing import cast

import cv2
import torch

from harness.errors import UsageError
from harness_optical_flow.pairs import Algorithm, PairwiseFlow


class Dis(PairwiseFlow):
    """OpenCV's ``DISOpticalFlow`` (Kroeger et al., ECCV 2016).

    Scales are powers of two: 0 is full resolution; a `coarsest_scale` of -1 lets OpenCV choose. Patches are in pixels.
    `refinement_*` are for the variational refinement, which 0 iterations switch off.
    Raises `UsageError` for options that would make OpenCV end the process instead of raising an error.
    """

    def __init__(
        self,
        *,
        device: torch.device | None = None,
        finest_scale: int = 0,
        coarsest_scale: int = -1,
        patch_size: int = 8,
        patch_stride: int = 3,
        gradient_descent_iterations: int = 25,
        mean_normalization: bool = True,
        spatial_propagation: bool = True,
        refinement_iterations: int = 5,
        refinement_alpha: float = 20.0,
        refinement_delta: float = 5.0,
        refinement_gamma: float = 10.0,
        refinement_epsilon: float = 0.01,
        threads: int | None = None,
    ) -> None:
        if not 1 <= patch_stride <= patch_size:
            raise UsageError(f"dis: patch_stride={patch_stride}: must be from 1 to patch_size ({patch_size})")
        if not refinement_epsilon > 0:
            raise UsageError(f"dis: refinement_epsilon={refinement_epsilon}: must be positive")

        def make() -> Algorithm:
            dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # every parameter is set below
            dis.setFinestScale(finest_scale)
            dis.setCoarsestScale(coarsest_scale)
            dis.setPatchSize(patch_size)
            dis.setPatchStride(patch_stride)
            dis.setGradientDescentIterations(gradient_descent_iterations)
            dis.setUseMeanNormalization(mean_normalization)
            dis.setUseSpatialPropagation(spatial_propagation)
            dis.setVariationalRefinementIterations(refinement_iterations)
            dis.setVariationalRefinementAlpha(refinement_alpha)
            dis.setVariationalRefinementDelta(refinement_delta)
            dis.setVariationalRefinementGamma(refinement_gamma)
            dis.setVariationalRefinementEpsilon(refinement_epsilon)
            return cast(Algorithm, dis)

        super().__init__(make, threads)
