from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from harness.contracts import FlowEstimator, Wants
from harness.datasets.annotated import AnnotatedDataset
from harness.errors import ClipError, ContractError
from harness.methods import Bicubic, WindowNetwork
from harness.planning.benchmark import load_benchmark
from harness.planning.plan import method_part
from harness.planning.resolving import degradation_part, flow_part
from harness.registry import load_registry
from harness.running.build import build_degradation, build_flow, build_method
from harness.running.frame_store import around
from harness.running.pipeline import SourceClip, restore
from harness.running.portions import Needs, check_wants
from harness.running.timing import Stopwatch
from harness.video.frames import round_to_8_bits

CPU = torch.device("cpu")
EVERY = Needs.at_once(range(8), range(8))


class Counting:
    """The real estimator, counting the pairs it is asked for."""

    def __init__(self, estimator: FlowEstimator) -> None:
        self.estimator, self.pairs = estimator, 0

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        self.pairs += len(first)
        return self.estimator.flow(first, second)


class Mixed(torch.nn.Module):
    """A window of three frames to the middle one: each has another share in it."""

    def forward(self, lr: Tensor) -> Tensor:
        mixed = (lr * torch.tensor([0.2, 0.7, 0.1])[:, None, None, None]).sum(dim=1)
        return mixed.repeat_interleave(4, -1).repeat_interleave(4, -2)


@pytest.fixture
def opened(made_clips: Callable[..., Path]) -> Callable[..., SourceClip]:
    """A clip of 8 frames of 42x33, of which some are kept."""
    dataset = AnnotatedDataset(made_clips(height=33, width=42), "made")
    benchmark, registry = load_benchmark("mini-2"), load_registry()
    clip = dataset.clips("test")[0]

    def make(needs: Needs = EVERY) -> SourceClip:
        flow = Counting(build_flow(flow_part(benchmark.flow, registry, "mini-2"), CPU))
        degradation = build_degradation(degradation_part(benchmark, registry))
        source = SourceClip(clip, dataset.open(clip), degradation, flow, Stopwatch(CPU), CPU, needs)
        source.advance(0)
        return source

    return make


@pytest.fixture
def source(opened: Callable[..., SourceClip]) -> SourceClip:
    return opened()


def restored(source: SourceClip, name: str, frames: Sequence[int]):  # type: ignore[no-untyped-def]
    part = method_part(name, load_registry(), load_benchmark("mini-2"))
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


def test_only_what_is_needed_is_kept(opened: Callable[..., SourceClip], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = opened()
    monkeypatch.setattr("harness.running.pipeline.BLOCK_PIXELS", 3 * 33 * 42)
    part = opened(Needs.at_once([2, 7], [1, 2, 3, 6, 7]))
    assert part.at_once == 3 and part.num_frames == 8
    assert torch.equal(part.hr([7, 2]), whole.hr([7, 2]))
    assert torch.equal(part.lr([1, 2, 3, 6, 7]), whole.lr([1, 2, 3, 6, 7]))
    for kept, frame in ((part.hr, 3), (part.lr, 5)):
        with pytest.raises(ContractError, match=rf"frames \[{frame}\] of a clip"):
            kept([2, frame])
    assert torch.equal(part.hr_flow([(2, 7), (7, 2)]), whole.hr_flow([(2, 7), (7, 2)]))


@pytest.mark.parametrize("frames", [[0, 7], [1, 6], [2, 3, 7], [4], []])
def test_a_method_with_a_window_makes_the_same_of_the_frames_around(
    opened: Callable[..., SourceClip], frames: list[int]
) -> None:
    whole, part = opened(), opened(Needs.at_once(frames, around(frames, 1, 8)))
    method = WindowNetwork(Mixed(), scale=4, device=CPU, radius=1)
    sample = restore(method, part, frames, sees_hr=False, scale=4)
    expected = round_to_8_bits(method.upscale(whole.lr(range(8)), frames)) if frames else torch.empty(0, 3, 32, 40)
    assert torch.equal(sample.sr(frames), expected)


def test_a_method_without_a_declared_window_is_shown_the_whole_clip(opened: Callable[..., SourceClip]) -> None:
    class Watching(Bicubic):
        temporal_radius = None  # type: ignore[assignment]
        seen = torch.empty(0)

        def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
            self.seen = lr
            return super().upscale(lr, frames)

    method, source = Watching(scale=4, device=CPU), opened(Needs.at_once([5], range(8)))
    sample = restore(method, source, [5], sees_hr=False, scale=4)
    assert torch.equal(method.seen, source.lr(range(8)))
    assert torch.equal(sample.sr([5]), restored(source, "bicubic", [5]).sr([5]))


def test_flow_in_portions_is_the_same(opened: Callable[..., SourceClip], monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [(t, t + 1) for t in range(7)]
    together = opened().hr_flow(pairs)
    monkeypatch.setattr("harness.running.pipeline.BLOCK_PIXELS", 2 * 33 * 42)
    assert torch.equal(opened().hr_flow(pairs), together)


def test_a_video_shorter_than_it_says_is_refused(opened: Callable[..., SourceClip]) -> None:
    with pytest.raises(ClipError, match="the video ended earlier"):
        opened(Needs.at_once([3], [3, 8]))


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


def test_stopwatch_does_not_count_nested_stages_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter([0.0, 2.0, 7.0, 10.0])
    monkeypatch.setattr("harness.running.timing.time", SimpleNamespace(perf_counter=lambda: next(readings)))
    watch = Stopwatch(CPU)
    with watch.stage("measure"), watch.stage("flow"):
        pass
    assert watch.seconds == {"flow": 5.0, "measure": 5.0}
