"""The estimators on a scene with known motion, and what could make their results depend on the machine."""

from __future__ import annotations

import inspect
import math

import cv2
import numpy as np
import pytest
import torch

import harness_optical_flow
from harness.contracts import FlowEstimator
from harness.errors import HarnessError, UsageError
from harness.imports import resolve_import
from harness.registry import new_registry
from harness.specs import FlowSpec
from harness_optical_flow.dis import Dis
from harness_optical_flow.farneback import Farneback
from harness_optical_flow.pairs import PairwiseFlow, grey_levels
from harness_optical_flow.tvl1_opencv import OpenCvTvL1

ESTIMATORS = [Dis, Farneback, OpenCvTvL1]


def waves(u: float, v: float, height: int = 56, width: int = 72) -> torch.Tensor:
    """A colourful texture made of waves, moved right by `u` and down by `v` px exactly: (1, 3, H, W) in [0, 1]."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:height, :width].astype(float)
    planes = []
    for _ in range(3):
        plane = np.zeros((height, width))
        for _ in range(24):
            length, angle, phase = rng.uniform(6, 30), rng.uniform(0, 2 * math.pi), rng.uniform(0, 2 * math.pi)
            plane += np.sin(2 * math.pi / length * (math.cos(angle) * (x - u) + math.sin(angle) * (y - v)) + phase)
        planes.append((plane / 24 * 2 + 0.5).clip(0, 1))
    return torch.from_numpy(np.stack(planes))[None].float()


@pytest.mark.parametrize("make", ESTIMATORS)
@pytest.mark.parametrize(("u", "v"), [(1.3, 0.0), (0.0, -0.7), (-2.4, 1.6)])
def test_known_motion_is_recovered(make: type[PairwiseFlow], u: float, v: float) -> None:
    """Sign, order of the channels and size: channel 0 is to the right, first(p) ~ second(p + flow(p))."""
    estimator: FlowEstimator = make()
    flow = estimator.flow(waves(0, 0), waves(u, v))
    assert flow.shape == (1, 2, 56, 72) and flow.dtype == torch.float32
    inner = flow[0, :, 10:-10, 10:-10]
    assert float(inner[0].median()) == pytest.approx(u, abs=0.15)
    assert float(inner[1].median()) == pytest.approx(v, abs=0.15)
    error = torch.hypot(inner[0] - u, inner[1] - v)
    assert float(error.mean()) < 0.35


@pytest.mark.parametrize("make", ESTIMATORS)
def test_flow_explains_the_second_frame(make: type[PairwiseFlow]) -> None:
    from harness.video.warp import warp

    first, second = waves(0, 0), waves(1.3, -0.7)
    before = float((first - second)[..., 10:-10, 10:-10].abs().mean())
    after = float((first - warp(second, make().flow(first, second)))[..., 10:-10, 10:-10].abs().mean())
    assert after < before / 4


@pytest.mark.parametrize("make", ESTIMATORS)
def test_threads_batch_and_opencv_setting_do_not_change_the_flow(make: type[PairwiseFlow]) -> None:
    first = torch.cat([waves(0.4 * t, 0.1 * t) for t in range(5)])
    second = torch.cat([waves(0.4 * t + 0.6, 0) for t in range(5)])
    expected = make(threads=1).flow(first, second)
    cv2.setNumThreads(4)
    many = make(threads=4)
    assert torch.equal(many.flow(first, second), expected)
    assert torch.equal(many.flow(first, second), expected), "buffers of an earlier call must not matter"
    assert torch.equal(many.flow(first[2:3], second[2:3]), expected[2:3])
    assert torch.equal(make(threads=2).flow(first.flip(0), second.flip(0)), expected.flip(0))


@pytest.mark.parametrize("make", ESTIMATORS)
def test_small_frames_before_do_not_change_the_flow(make: type[PairwiseFlow]) -> None:
    first, second = waves(0, 0), waves(4, 2)
    estimator = make(threads=1)
    expected = estimator.flow(first, second)
    estimator.flow(waves(0, 0, 20, 24), waves(1, 0, 20, 24))
    assert torch.equal(estimator.flow(first, second), expected)


def test_no_pair_gives_no_flow() -> None:
    nothing = torch.zeros(0, 3, 20, 30)
    assert Dis().flow(nothing, nothing).shape == (0, 2, 20, 30)


def test_grey_levels_are_bt601_rounded() -> None:
    levels = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    ours = grey_levels(torch.from_numpy(levels).permute(0, 3, 1, 2).float() / 255)
    exact = levels.astype(float) @ [0.299, 0.587, 0.114]
    assert np.abs(ours - exact).max() <= 0.5 + 1e-4
    for index in range(2):
        opencv = cv2.cvtColor(levels[index], cv2.COLOR_RGB2GRAY)
        assert np.abs(ours[index].astype(int) - opencv).max() <= 1 and (ours[index] == opencv).mean() > 0.99


def test_declarations_hold_every_parameter_with_its_default() -> None:
    registry = new_registry()
    registry.register(harness_optical_flow, "optical_flow")
    specs = registry.all(FlowSpec)
    assert list(specs) == ["dis", "farneback", "raft", "tvl1", "tvl1-opencv"]
    for spec in [spec for spec in specs.values() if not spec.needs_weights]:
        factory = resolve_import(spec.factory)
        parameters = inspect.signature(factory).parameters
        assert {k: p.default for k, p in parameters.items() if k not in ("device", "threads")} == dict(spec.options)
        estimator = factory(device=torch.device("cpu"), **spec.options)
        assert estimator.flow(waves(0, 0), waves(1, 0)).shape == (1, 2, 56, 72)


def test_defaults_are_opencvs() -> None:
    """Except for the finest scale of DIS."""
    options = {name: spec.options for name, spec in _specs().items()}
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    assert options["dis"] == {
        "finest_scale": 0,
        "coarsest_scale": dis.getCoarsestScale(),
        "patch_size": dis.getPatchSize(),
        "patch_stride": dis.getPatchStride(),
        "gradient_descent_iterations": dis.getGradientDescentIterations(),
        "mean_normalization": dis.getUseMeanNormalization(),
        "spatial_propagation": dis.getUseSpatialPropagation(),
        "refinement_iterations": dis.getVariationalRefinementIterations(),
        "refinement_alpha": dis.getVariationalRefinementAlpha(),
        "refinement_delta": dis.getVariationalRefinementDelta(),
        "refinement_gamma": dis.getVariationalRefinementGamma(),
        "refinement_epsilon": pytest.approx(dis.getVariationalRefinementEpsilon()),
    }
    plain = cv2.FarnebackOpticalFlow.create()
    farneback = options["farneback"]
    assert (farneback["levels"], farneback["pyramid_scale"]) == (plain.getNumLevels(), plain.getPyrScale())
    assert (farneback["window_size"], farneback["iterations"]) == (plain.getWinSize(), plain.getNumIters())
    assert (farneback["poly_n"], farneback["poly_sigma"]) == (plain.getPolyN(), plain.getPolySigma())
    tvl1 = cv2.optflow.DualTVL1OpticalFlow_create()
    assert options["tvl1"]["lambda_"] == tvl1.getLambda() and options["tvl1"]["warps"] == tvl1.getWarpingsNumber()


def _specs() -> dict[str, FlowSpec]:
    return {spec.name: spec for spec in harness_optical_flow.harness_flows()}


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (Dis, {"finest_scale": 1}),
        (Dis, {"patch_size": 12}),
        (Dis, {"patch_stride": 6}),
        (Dis, {"gradient_descent_iterations": 2}),
        (Dis, {"mean_normalization": False}),
        (Dis, {"spatial_propagation": False}),
        (Dis, {"refinement_iterations": 0}),
        (Dis, {"refinement_alpha": 2.0}),
        (Dis, {"refinement_delta": 50.0}),
        (Dis, {"refinement_gamma": 100.0}),
        (Dis, {"refinement_epsilon": 0.5}),
        (Dis, {"coarsest_scale": 0}),
        (Farneback, {"pyramid_scale": 0.8}),
        (Farneback, {"levels": 0}),
        (Farneback, {"window_size": 21}),
        (Farneback, {"iterations": 1}),
        (Farneback, {"poly_n": 7}),
        (Farneback, {"poly_sigma": 1.8}),
        (Farneback, {"gaussian_window": True}),
        (OpenCvTvL1, {"tau": 0.1}),
        (OpenCvTvL1, {"lambda_": 0.02}),
        (OpenCvTvL1, {"theta": 0.1}),
        (OpenCvTvL1, {"scales": 2}),
        (OpenCvTvL1, {"warps": 1}),
        (OpenCvTvL1, {"epsilon": 0.2}),
        (OpenCvTvL1, {"inner_iterations": 3}),
        (OpenCvTvL1, {"outer_iterations": 2}),
        (OpenCvTvL1, {"scale_step": 0.5}),
        (OpenCvTvL1, {"gamma": 0.5}),
        (OpenCvTvL1, {"median_filtering": 1}),
    ],
)
def test_every_option_reaches_opencv(make: type[PairwiseFlow], options: dict[str, object]) -> None:
    size = (60, 70) if make is OpenCvTvL1 else (120, 130)  # pyramids of the faster two start at larger frames
    first, second = waves(0, 0, *size), waves(2.3, 1.7, *size)
    assert not torch.equal(make(**options).flow(first, second), make().flow(first, second))  # type: ignore[call-arg]


@pytest.mark.parametrize("options", [{"patch_stride": 0}, {"patch_stride": 9}, {"refinement_epsilon": 0.0}])
def test_options_that_would_end_the_process_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="dis: "):
        Dis(**options)  # type: ignore[arg-type]


def test_frames_too_small_are_refused_with_their_size() -> None:
    with pytest.raises(HarnessError, match=r"flow of 9x6 frames.*larger frames"):
        Dis().flow(torch.rand(1, 3, 6, 9), torch.rand(1, 3, 6, 9))


def test_tvl1_says_how_to_repair_an_opencv_without_contributed_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "optflow")
    with pytest.raises(HarnessError, match=r"tvl1.*pip install --force-reinstall --no-deps 'opencv-contrib-python=="):
        OpenCvTvL1()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_flow_is_on_the_device_of_the_frames() -> None:
    first, second = waves(0, 0), waves(1, 0)
    found = Dis(device=torch.device("cuda")).flow(first.cuda(), second.cuda())
    assert found.is_cuda and torch.allclose(found.cpu(), Dis().flow(first, second), atol=1e-5)
