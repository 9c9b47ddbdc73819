"""When the LR frames of a clip were taken: HR frames, probes and wanted frames are on the original clock."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import ceil, floor
from typing import cast

import numpy as np
from torch import Tensor

from harness.contracts import Degradation, Interpolator, SlowDegradation, SRMethod
from harness.errors import ContractError
from harness.running.frame_store import around

Wanted = Sequence[int] | Sequence[float]
"""LR frames by their numbers, or, where frames were dropped, times in LR frames."""


@dataclass(frozen=True)
class Clock:
    """The frames of a clip in time. `times` are those of its LR frames, in HR frames; None if they are the same."""

    num_frames: int
    times: Sequence[float] | None = None

    @classmethod
    def of(cls, num_frames: int, degradation: Degradation | None) -> Clock:
        """The clock of a clip after a degradation. Raises `ContractError` for times that are none."""
        if not isinstance(degradation, SlowDegradation):
            return cls(num_frames)
        times = list(degradation.times(num_frames))
        inside = bool(times) and times[0] >= 0 and times[-1] <= num_frames - 1
        if not inside or any(later < time + 1 for time, later in pairwise(times)):
            raise ContractError(
                f"times: {times[:4]} ... of a clip of {num_frames} frames; expected ascending ones from 0 to "
                f"{num_frames - 1}, at least a frame apart"
            )
        return cls(num_frames, times)

    @property
    def lr_frames(self) -> int:
        """Number of LR frames."""
        return self.num_frames if self.times is None else len(self.times)

    def wanted(self, frames: Sequence[int]) -> Wanted:
        """What a method is asked for so that it restores these frames."""
        if self.times is None:
            return frames
        at: list[float] = np.interp(frames, self.times, range(len(self.times))).tolist()
        return at

    def shown(self, frames: Sequence[int], radius: int | None) -> list[int]:
        """The LR frames that a method sees which restores these frames; None for the whole clip."""
        if self.times is None or radius is None:
            return around(frames, radius, self.lr_frames)
        return around_times(self.wanted(frames), radius, self.lr_frames)

    def nearest(self, frames: Sequence[int]) -> list[int]:
        """The LR frame nearest to each of these frames in time, the earlier one of two."""
        return [ceil(at - 0.5) for at in self.wanted(frames)]

    def made(self, frames: Iterable[int]) -> list[bool]:
        """Whether each of these frames has no LR frame of its time."""
        return [self.times is not None and frame not in self._taken for frame in frames]

    @cached_property
    def own_frames(self) -> list[int]:
        """The frame that stands for each LR frame: that of its time, or the one before."""
        return list(range(self.num_frames)) if self.times is None else [floor(time) for time in self.times]

    @cached_property
    def _taken(self) -> frozenset[float]:
        return frozenset(self.times or ())


def around_times(times: Iterable[float], radius: int, num_frames: int) -> list[int]:
    """The frames on both sides of times, with neighbours for a `radius` above 1, ascending."""
    sides = {side for time in times for side in (floor(time), ceil(time))}
    return around(sides, max(0, radius - 1), num_frames)


def placed(wanted: Wanted, shown: Sequence[int]) -> Wanted:
    """Where wanted frames or times are in a clip of the frames `shown` alone."""
    return [bisect_left(shown, floor(at)) + (at - floor(at)) for at in wanted]


def ask(method: SRMethod, lr: Tensor, wanted: Wanted) -> Tensor:
    """What a method restores of an LR clip. Only an `Interpolator` is asked for times, which planning has made sure."""
    return cast(Interpolator, method).upscale(lr, wanted)
