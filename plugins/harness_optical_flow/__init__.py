"""Optical flow by OpenCV. Every parameter that changes the flow is an option, so that it is recorded."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import FlowSpec, HealthCheck


@hookimpl
def harness_flows() -> Iterator[FlowSpec]:
    """The estimators; defaults are OpenCV's, except that `dis` goes down to full resolution."""
    yield FlowSpec(
        "dis",
        "dense inverse search (OpenCV), down to full resolution; a few ms a pair of 112x112",
        "harness_optical_flow.dis:Dis",
        options={
            "finest_scale": 0,
            "coarsest_scale": -1,
            "patch_size": 8,
            "patch_stride": 3,
            "gradient_descent_iterations": 25,
            "mean_normalization": True,
            "spatial_propagation": True,
            "refinement_iterations": 5,
            "refinement_alpha": 20.0,
            "refinement_delta": 5.0,
            "refinement_gamma": 10.0,
            "refinement_epsilon": 0.01,
        },
        citation="Kroeger, Timofte, Dai, Van Gool: Fast Optical Flow using Dense Inverse Search, ECCV 2016",
    )
    yield FlowSpec(
        "farneback",
        "polynomial expansion (OpenCV)",
        "harness_optical_flow.farneback:Farneback",
        options={
            "pyramid_scale": 0.5,
            "levels": 5,
            "window_size": 13,
            "iterations": 10,
            "poly_n": 5,
            "poly_sigma": 1.1,
            "gaussian_window": False,
        },
        citation="Farneback: Two-Frame Motion Estimation Based on Polynomial Expansion, SCIA 2003",
    )
    yield FlowSpec(
        "tvl1",
        "TV-L1 (OpenCV's contributed modules), as TSN used it; 50 ms and more a pair of 112x112",
        "harness_optical_flow.tvl1:TvL1",
        options={
            "tau": 0.25,
            "lambda_": 0.15,
            "theta": 0.3,
            "scales": 5,
            "warps": 5,
            "epsilon": 0.01,
            "inner_iterations": 30,
            "outer_iterations": 10,
            "scale_step": 0.8,
            "gamma": 0.0,
            "median_filtering": 5,
        },
        citation="Zach, Pock, Bischof: A Duality Based Approach for Realtime TV-L1 Optical Flow, DAGM 2007",
    )


@hookimpl
def harness_health_checks() -> Iterator[HealthCheck]:
    yield HealthCheck("both packages of OpenCV have one version", "harness_optical_flow.health:require_one_version")
    yield HealthCheck(
        "cv2.optflow is there",
        "harness_optical_flow.health:require_optflow",
        "pip install --force-reinstall opencv-python opencv-contrib-python",
    )
