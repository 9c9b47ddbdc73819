"""Optical flow, by OpenCV and by networks. Every parameter that changes the flow is an option, so it is recorded."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import FlowSpec, HealthCheck

ZACH = "Zach, Pock, Bischof: A Duality Based Approach for Realtime TV-L1 Optical Flow, DAGM 2007"
OF_RAFT = (
    "harness weights add https://download.pytorch.org/models/raft_large_C_T_SKHT_V2-ff5fadd5.pth --name raft "
    "--tag official --trained-on Sintel (its checksum is checked), or .../raft_small_C_T_V2-01064c6d.pth with "
    "--option size=small --trained-on FlyingThings3D"
)
TVL1 = {
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
}
"""Options of both forms of TV-L1, with OpenCV's names and defaults."""


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
        "tvl1-opencv",
        "TV-L1 (OpenCV's contributed modules), on the CPU; about half as fast as tvl1",
        "harness_optical_flow.tvl1_opencv:OpenCvTvL1",
        options=TVL1,
        citation=ZACH,
    )
    yield FlowSpec(
        "tvl1",
        "TV-L1 in torch, on any device: OpenCV's flow, or with variant=cuda that of dense_flow, which TSN used",
        "harness_optical_flow.tvl1:TvL1",
        options={"variant": "opencv", **TVL1},
        citation=ZACH,
    )
    yield FlowSpec(
        "raft",
        "RAFT (torchvision), large or small, with your weights: raft:checkpoint=my.pth,size=small",
        "harness_optical_flow.raft:build",
        options={"checkpoint": None, "size": "large", "updates": 12},
        citation="Teed, Deng: RAFT: Recurrent All-Pairs Field Transforms for Optical Flow, ECCV 2020",
        needs_weights=True,
        official=OF_RAFT,
    )


@hookimpl
def harness_health_checks() -> Iterator[HealthCheck]:
    yield HealthCheck("both packages of OpenCV have one version", "harness_optical_flow.health:require_one_version")
    yield HealthCheck(
        "cv2.optflow is there",
        "harness_optical_flow.health:require_optflow",
        "pip install --force-reinstall opencv-python opencv-contrib-python",
    )
