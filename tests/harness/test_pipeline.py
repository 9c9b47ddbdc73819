from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from harness.benchmark import load_benchmark
from harness.build import build_degradation, build_flow, build_method
from harness.choice import parse_choice
from harness.clips import AnnotatedDataset
from harness.contracts import FlowEstimator, Wants
from harness.errors import ContractError
from harness.pipeline import Needs, SourceClip, check_wants, restore
from harness.plan import method_part
from harness.registry import load_registry
from harness.timing import Stopwatch

CPU = torch.device("cpu")
EVERY = Needs(range(8), range(8))


class Counting:
    """The real estimator, counting the pairs it is asked for."""

    def __init__(self, estimator: FlowEstimator) -> None:
        self.estimator, self.pairs = estimator, 0

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        self.pairs += len(first)
        return self.estimator.flow(first, second)


@pytest.fixture
def source(made_clips: Callable[..., Path]) -> SourceClip:
    dataset = AnnotatedDataset(made_clips(height=33, width=42), "made")
    benchmark, registry = load_benchmark("mini"), load_registry()
    clip = dataset.clips("test")[0]
    flow = Counting(build_flow(benchmark, registry, CPU))
    return SourceClip(clip, dataset.open(clip), build_degradation(benchmark, registry), flow, Stopwatch(CPU), CPU, EVERY)


def restored(source: SourceClip, name: str, frames: Sequence[int]):  # type: ignore[no-untyped-def]
    part = method_part(parse_choice(name), load_registry(), load_benchmark("mini"))
    return restore(build_method(part, 4, CPU), source, frames, sees_hr=name == "hr", scale=4)


def test_odd_sizes_are_cropped_to_the_scale(source: SourceClip) -> None:
    lr = source.lr(range(8))
    assert source.hr([0]).shape[-2:] == (32, 40) and lr.shape[-2:] == (8, 10)
    torch.testing.assert_close(lr * 255, (lr * 255).round())  # as if saved in 8 bits


def test_only_wanted_frames_are_restored_and_served_in_the_asked_order(source: SourceClip) -> None:
    part = restored(source, "bicubic", [1, 4, 6])
    assert part.sr([1, 4, 6]).shape == (3, 3, 32, 40) and part.restored_frames == 3
    every = restored(source, "bicubic", range(8))
    torch.testing.assert_close(part.sr([6, 1, 1]), every.sr([6, 1, 1]), rtol=0, atol=0)
    with pytest.raises(ContractError, match=r"frames \[2\] of a clip"):
        part.sr([2])


def test_hr_flow_is_computed_once_whatever_the_number_of_methods(source: SourceClip) -> None:
    pairs = [(0, 1), (1, 2), (2, 3)]
    for name in ("hr", "bicubic", "nearest"):
        sample = restored(source, name, range(4))
        sample.hr_flow(pairs)
        sample.sr_flow(pairs)
        sample.sr_flow(pairs[:2])
    assert isinstance(source.estimator, Counting)
    assert source.estimator.pairs == 9  # HR, bicubic, nearest: three pairs each; the HR row shares HR's flow


def test_flow_of_a_pair_follows_its_order(source: SourceClip) -> None:
    sample = restored(source, "hr", range(8))
    forward, backward = sample.sr_flow([(0, 1), (1, 0)])
    # the made clip drifts by one pixel up and to the left a frame
    assert forward[:, 8:-8, 8:-8].mean(dim=(1, 2)).tolist() == pytest.approx([-1, -1], abs=0.3)
    assert backward[:, 8:-8, 8:-8].mean(dim=(1, 2)).tolist() == pytest.approx([1, 1], abs=0.3)


def test_wants_outside_the_clip_are_refused() -> None:
    assert check_wants(Wants((0, 3), ((1, 2),)), 4).all_frames() == {0, 1, 2, 3}
    with pytest.raises(ContractError, match=r"frames \[4\] of a clip of 4"):
        check_wants(Wants((0,), ((3, 4),)), 4)


def test_stopwatch_does_not_count_nested_stages_twice() -> None:
    import time

    watch = Stopwatch(CPU)
    with watch.stage("measure"):
        time.sleep(0.02)
        with watch.stage("flow"):
            time.sleep(0.05)
    assert watch.seconds["flow"] >= 0.05
    assert 0.02 <= watch.seconds["measure"] < 0.05
