"""Which frames of a clip a pipeline from files restores: those that somebody looks at, or all."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from harness.running.context import RunContext


@dataclass(frozen=True)
class Looked:
    """Frames by number from 0."""

    restored: Collection[int]
    compared: Collection[int]
    """Those whose PSNR and SSIM are measured."""
    moving: Collection[int]
    """Those whose flow to the next frame is computed."""


Choose = Callable[[RunContext, int], Looked]
"""Called with the number of frames of a clip."""


def every_frame(context: RunContext, num_frames: int) -> Looked:
    """What is done by hand, where nobody tells the programs in front what those behind them will read."""
    return Looked(range(num_frames), range(num_frames), range(num_frames - 1))


def looked_at(context: RunContext, num_frames: int) -> Looked:
    """What the plan's probes want, which is what ``harness run`` restores."""
    wants = [(part, context.probe(part).wants(num_frames)) for part in context.plan.probes]
    restored = {frame for _, wanted in wants for frame in wanted.all_frames()}
    compared = {frame for part, wanted in wants if not part.stream for frame in wanted.frames}
    moving = {first for _, wanted in wants for first, _ in wanted.pairs}
    return Looked(restored, sorted(compared), moving)
