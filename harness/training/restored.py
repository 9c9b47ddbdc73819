"""Frames as an SR method restores them, for recognisers that learn from such: as in a run, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from harness.contracts import Clip, Degradation, RestoredElsewhere, SRMethod, Wants
from harness.errors import UsageError, WeightsMissingError
from harness.planning.benchmark import Benchmark
from harness.planning.plan import method_part
from harness.planning.resolving import degradation_part
from harness.registry import Registry
from harness.running.build import build_degradation, build_method
from harness.running.clock import Clock
from harness.running.frame_store import temporal_radius
from harness.running.pipeline import RestoredClip, SourceClip
from harness.running.portions import Look, needs_of, portions_of
from harness.running.timing import Stopwatch
from harness.video.frames import Bytes, Video, to_uint8


@dataclass(frozen=True)
class Restoring:
    """A method behind a degradation. Made by `restoring`."""

    method: SRMethod
    degradation: Degradation
    scale: int
    device: torch.device
    name: str
    """The row that it would be."""
    identity: str
    """Method and degradation with all options and weights."""

    def pick(self, video: Video, positions: Sequence[int], clip_id: str) -> Bytes:
        """Restored frames of a clip, uint8 ``(len(positions), H, W, 3)``, of sides that the scale divides.

        What a degradation draws depends on the clip's id.
        """
        wanted = sorted(set(positions))
        portions = portions_of({"": Look(Wants(frames=tuple(wanted)))}, len(wanted))
        clock, radius = Clock.of(video.num_frames, self.degradation), temporal_radius(self.method)
        needs = needs_of(portions, clock, hr_radius=0, lr_radius=radius)
        source = SourceClip(
            Clip(clip_id, video.path, 0, ""), video, self.degradation, None, Stopwatch(self.device), self.device,
            needs, wanted=wanted,
        )  # fmt: skip
        source.advance(0)
        restored = RestoredClip(self.method, source, sees_hr=False, scale=self.scale)
        restored.restore(wanted)
        return to_uint8(restored.sr(wanted))[np.searchsorted(wanted, positions)]


def restoring(text: str, benchmark: Benchmark, registry: Registry, device: torch.device) -> Restoring:
    """The method ``NAME:option=value`` behind the benchmark's degradation.

    Raises `UsageError` for one that sees HR frames or finds what it restores elsewhere, and `WeightsMissingError`.
    """
    part = method_part(text, registry, benchmark)
    if part.missing:
        raise WeightsMissingError(part.missing)
    degradation = degradation_part(benchmark, registry)
    method = build_method(part, benchmark.scale, device)
    if part.spec.source == "hr" or isinstance(method, RestoredElsewhere):
        raise UsageError(f"--restore {text}: this restores no LR frames; name another SR method, such as bicubic")
    identity = f"{part.text()} after {degradation.text()}"
    return Restoring(method, build_degradation(degradation), benchmark.scale, device, part.label, identity)
