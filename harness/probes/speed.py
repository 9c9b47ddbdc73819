"""How long restoring took."""

from __future__ import annotations

from dataclasses import dataclass

from harness.contracts import Measurement, Sample, Wants


@dataclass(frozen=True)
class Speed:
    """``restore_seconds`` and ``restored_frames`` of a clip; frames per second are the ratio of their sums over clips.

    It wants no frames itself: it times the restoring that the other probes ask for.
    """

    scale: int

    def wants(self, num_frames: int) -> Wants:
        return Wants()

    def measure(self, sample: Sample) -> Measurement:
        return Measurement({"restore_seconds": sample.restore_seconds, "restored_frames": sample.restored_frames})
