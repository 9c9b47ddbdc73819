"""Where in a clip ST-ResNet looks: frames, and the frame pairs around each."""

from __future__ import annotations

from harness.contracts import Pair
from harness_mmaction.training.augment import integer
from harness_mmaction.views.sampling import mmaction_runs


def middles(num_frames: int, segments: int) -> list[int]:
    """The middle frame of each of `segments` equal segments."""
    return [run[0] for run in mmaction_runs(num_frames, segments, 1)]


def strided(num_frames: int, count: int, stride: tuple[int, int]) -> list[int]:
    """`count` frames spaced by one random `stride` (least, largest), starting at a random frame.

    In clips that are too short for it the stride is the largest that fits; if none does, frames are repeated.
    Source: Feichtenhofer et al., NIPS 2016, section 3.4.
    """
    low, high = stride
    room = (num_frames - 1) // max(count - 1, 1)
    step = min(low + integer(high - low + 1), room)
    start = integer(num_frames - step * (count - 1))
    if step:
        return [start + index * step for index in range(count)]
    return [index * num_frames // count for index in range(count)]


def pairs_around(frame: int, num_frames: int, stack: int) -> list[Pair]:
    """`stack` consecutive pairs from ``stack // 2`` before a frame; outside the clip, its first or last pair repeats.

    A single frame is paired with itself, so nothing moves.
    """
    if num_frames == 1:
        return [(0, 0)] * stack
    starts = (frame - stack // 2 + step for step in range(stack))
    return [(start, start + 1) for start in (min(max(start, 0), num_frames - 2) for start in starts)]
