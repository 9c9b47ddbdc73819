"""How long restoring took."""

from __future__ import annotations

from dataclasses import dataclass

from harness.contracts import Measurement, Sample, Wants


@dataclass(frozen=True)
class Speed:
    """``restore_seconds`` and ``restored_frames`` of a clip: frames a second are the ratio of their sums over clips.

    It wants no frame of its own: what is timed is the restoring that the other probes ask for.
    """

    scale: int

    def wants(self, num_frames: int) -> Wants:
        return Wants()

    def measure(self, sample: Sample) -> Measurement:
        return Measurement({"restore_seconds": sample.restore_seconds, "restored_frames": sample.restored_frames})
