"""Where in a clip TSN looks: positions of frames, and of runs of consecutive frame pairs."""

from __future__ import annotations

from collections.abc import Callable

from harness.contracts import Pair

Sampling = Callable[[int, int, int], list[list[int]]]
"""``(count, segments, length)`` to the runs of `length` positions 0..count-1, one run per segment; `count` >= 1."""


def mmaction_runs(count: int, segments: int, length: int) -> list[list[int]]:
    """MMAction2 1.2.0, ``SampleFrames(clip_len=length, num_clips=segments, test_mode=True)``.

    Single positions lie in the middles of equal segments; longer runs are spread from the first to the last place
    where they fit (with several segments, starts are rounded half to even). Positions beyond the clip wrap around.
    """
    if length == 1:
        starts = [int(count / segments * k + count / segments / 2) for k in range(segments)]
    elif segments == 1:
        starts = [max(count - length, 0) // 2]
    else:
        starts = [round(max(count - length, 0) / (segments - 1) * k) for k in range(segments)]
    return [[(start + step) % count for step in range(length)] for start in starts]


def tsn_runs(count: int, segments: int, length: int) -> list[list[int]]:
    """The original evaluation (yjxiong/temporal-segment-networks, tools/eval_net.py), counted from 0 instead of 1.

    Starts are a whole step of ``(count - length) // (segments - 1)`` apart; all are the first position if that is not
    positive. Positions beyond the clip become its last one.
    """
    step = (count - length) // max(segments - 1, 1)
    starts = [k * step if step > 0 else 0 for k in range(segments)]
    return [[min(start + offset, count - 1) for offset in range(length)] for start in starts]


SAMPLINGS: dict[str, Sampling] = {"mmaction": mmaction_runs, "tsn": tsn_runs}


def frames(sampling: Sampling, num_frames: int, segments: int) -> list[int]:
    """The frames of the spatial stream, one per segment."""
    return [run[0] for run in sampling(num_frames, segments, 1)]


def pairs(sampling: Sampling, num_frames: int, segments: int, stack: int) -> list[Pair]:
    """The frame pairs of the temporal stream, `stack` per segment.

    A clip of n frames has n - 1 consecutive pairs; a single frame is paired with itself, so nothing moves.
    """
    if num_frames == 1:
        return [(0, 0)] * (segments * stack)
    return [(i, i + 1) for run in sampling(num_frames - 1, segments, stack) for i in run]
