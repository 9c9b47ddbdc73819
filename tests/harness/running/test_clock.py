"""LR frames in time: which are shown for wanted frames, at which times, and which frames have none of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import torch
from torch import Tensor

from harness.contracts import Degradation
from harness.errors import ContractError
from harness.running.clock import Clock, around_times, placed
from harness.running.in_steps import InSteps
from harness.video.frames import Bytes


class Slow:
    """Says that LR frames are of these times."""

    scale = 1

    def __init__(self, times: Sequence[float]) -> None:
        self._times = times

    def degrade(self, hr: Tensor) -> Tensor:
        return hr

    def recode(self, frames: Iterator[Bytes], fps: float) -> Iterator[Bytes]:
        return frames

    def times(self, num_frames: int) -> Sequence[float]:
        return self._times


def test_without_dropped_frames_the_clocks_are_one() -> None:
    clock = Clock(9)
    assert (clock.lr_frames, list(clock.wanted([2, 5])), clock.nearest([2, 5])) == (9, [2, 5], [2, 5])
    assert clock.shown([0, 5], 1) == [0, 1, 4, 5, 6] and clock.own_frames == list(range(9))
    assert clock.made([0, 1]) == [False, False]


def test_frames_are_wanted_at_times_in_lr_frames_and_never_beyond_the_ends() -> None:
    sharp, blended = Clock(8, [0.0, 2.0, 4.0, 6.0]), Clock(7, [1.5, 5.0])
    assert list(sharp.wanted([0, 1, 4, 7])) == [0.0, 0.5, 2.0, 3.0]
    assert list(blended.wanted([0, 1, 5, 6])) == [0.0, 0.0, 1.0, 1.0]
    assert sharp.made(range(8)) == [False, True] * 4 and blended.made([1, 2, 5]) == [True, True, False]
    assert sharp.nearest([1, 2, 3]) == [0, 1, 1] and sharp.own_frames == [0, 2, 4, 6] and blended.own_frames == [1, 5]


@pytest.mark.parametrize(("radius", "shown"), [(1, [1, 2, 3]), (2, [0, 1, 2, 3]), (None, [0, 1, 2, 3])])
def test_a_method_sees_the_frames_around_a_time(radius: int | None, shown: list[int]) -> None:
    clock = Clock(8, [0.0, 2.0, 4.0, 6.0])
    assert clock.shown([3, 4, 6], radius) == shown
    assert list(placed(clock.wanted([3, 4, 6]), shown)) == [1.5 - shown[0], 2.0 - shown[0], 3.0 - shown[0]]


def test_around_times_takes_both_sides_and_then_their_neighbours() -> None:
    assert around_times([2.0], 1, 9) == [2] and around_times([2.5], 1, 9) == [2, 3]
    assert around_times([2.5, 8.0], 2, 9) == [1, 2, 3, 4, 7, 8] and around_times([2.5], 0, 9) == [2, 3]


@pytest.mark.parametrize("times", [[], [0.0, 0.0], [2.0, 1.0], [-0.5, 1.0], [0.0, 9.5], [0.0, 0.5]])
def test_times_that_are_none_are_an_error(times: list[float]) -> None:
    slow: Degradation = Slow(times)
    with pytest.raises(ContractError, match="expected ascending ones from 0 to 8, at least a frame apart"):
        Clock.of(9, slow)


class Ramp:
    """Made between: the mean weighted by time, of whatever it is shown."""

    def __init__(self, radius: int | None) -> None:
        self.temporal_radius = radius

    def upscale(self, lr: Tensor, frames: Sequence[float]) -> Tensor:
        last = len(lr) - 1
        return torch.stack([torch.lerp(lr[int(t)], lr[min(int(t) + 1, last)], t - int(t)) for t in frames])


class Sum:
    """A step before: the sum over a window."""

    def __init__(self, radius: int | None) -> None:
        self.temporal_radius = radius

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        reach = len(lr) if self.temporal_radius is None else self.temporal_radius
        return torch.stack([lr[max(0, n - reach) : n + reach + 1].sum(dim=0) / 20 for n in frames])


@pytest.mark.parametrize("first", [0, 2, None])
@pytest.mark.parametrize("second", [1, None])
def test_a_filler_is_asked_for_times_and_the_step_before_for_frames(first: int | None, second: int | None) -> None:
    lr = torch.rand(12, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    times, whole = [0.0, 3.5, 4.0, 10.75], Sum(first).upscale(lr, range(12))
    steps = InSteps([Sum(first), Ramp(second)], interpolates=True)
    torch.testing.assert_close(steps.upscale(lr, times), Ramp(None).upscale(whole, times))
    radius = steps.temporal_radius
    near = list(range(12)) if radius is None else around_times(times, radius, 12)
    torch.testing.assert_close(steps.upscale(lr[near], placed(times, near)), steps.upscale(lr, times))
