"""TV-L1."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness_optical_flow.pairs import Algorithm, Grey, PairwiseFlow


class OpenCvTvL1(PairwiseFlow):
    """OpenCV's ``optflow.DualTVL1OpticalFlow`` (Zach et al., DAGM 2007); options have OpenCV's names and defaults.

    Raises `HarnessError` when the installed OpenCV lacks its contributed modules.
    """

    def __init__(
        self,
        *,
        device: torch.device | None = None,
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
        threads: int | None = None,
    ) -> None:
        module = _optflow()

        def make() -> Algorithm:
            estimator = module.DualTVL1OpticalFlow_create(
                tau=tau,
                lambda_=lambda_,
                theta=theta,
                nscales=scales,
                warps=warps,
                epsilon=epsilon,
                innnerIterations=inner_iterations,  # OpenCV's spelling
                outerIterations=outer_iterations,
                scaleStep=scale_step,
                gamma=gamma,
                medianFiltering=median_filtering,
                useInitialFlow=False,
            )
            return _OwnScales(estimator, scales)

        super().__init__(make, threads)


class _OwnScales:
    """OpenCV's estimator with all its scales for every pair: by itself it keeps the few of the smallest frames seen."""

    def __init__(self, estimator: Any, scales: int) -> None:
        self._estimator, self._scales = estimator, scales

    def calc(self, first: Grey, second: Grey, flow: None, /) -> NDArray[np.float32]:
        self._estimator.setScalesNumber(self._scales)
        return cast("NDArray[np.float32]", self._estimator.calc(first, second, flow))


def _optflow() -> Any:
    # opencv-python and opencv-contrib-python own the same folder: whichever was installed last wins
    module = getattr(cv2, "optflow", None)
    if module is None or not hasattr(module, "DualTVL1OpticalFlow_create"):
        raise HarnessError(
            "flow estimator 'tvl1-opencv' needs OpenCV's contributed modules, which the installed OpenCV "
            f"{cv2.__version__} lacks; repair with: pip install --force-reinstall --no-deps "
            f"'opencv-contrib-python=={_package_version()}'"
        )
    return module


def _package_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    for package in ("opencv-contrib-python", "opencv-python"):
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return f"{cv2.__version__}.*"
