"""Which frames or pairs of a clip a probe looks at."""

from __future__ import annotations

from harness.contracts import Pair


def evenly_spaced(count: int, samples: int) -> tuple[int, ...]:
    """`samples` indices below `count`, the middles of equal parts; all of them for 0 or if there are no more."""
    if samples <= 0 or samples >= count:
        return tuple(range(count))
    return tuple((2 * i + 1) * count // (2 * samples) for i in range(samples))


def consecutive_pairs(num_frames: int, samples: int) -> tuple[Pair, ...]:
    """Pairs (t, t + 1): `samples` evenly spaced ones, or all for 0; none in a clip of one frame."""
    return tuple((t, t + 1) for t in evenly_spaced(num_frames - 1, samples))
