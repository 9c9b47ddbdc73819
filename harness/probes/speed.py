"""How long restoring took, and what it costs on any machine."""

from __future__ import annotations

from dataclasses import dataclass

from harness.contracts import Measurement, Sample, Wants


@dataclass(frozen=True)
class Speed:
    """``restore_seconds`` and ``restored_frames`` of a clip; frames per second are the ratio of their sums over clips.

    Of the run's first clip also ``gmacs``, the billions of multiply-adds for each restored frame, and ``peak_mib``, the
    MiB of tensors that were alive at once; None of the others. All are None where the frames were restored elsewhere.
    It wants no frames itself: it times the restoring that the other probes ask for.
    """

    scale: int

    def wants(self, num_frames: int) -> Wants:
        return Wants()

    def measure(self, sample: Sample) -> Measurement:
        cost, seconds = sample.cost, sample.restore_seconds
        return Measurement(
            {
                "restore_seconds": seconds,
                "restored_frames": None if seconds is None else sample.restored_frames,
                "gmacs": cost.multiply_adds / 1e9 if cost else None,
                "peak_mib": cost.peak_bytes / 2**20 if cost else None,
            }
        )
