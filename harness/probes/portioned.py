"""What probes share that see a long clip in portions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from torch import Tensor

from harness.contracts import Measurement, Sample, Wants


def at_once(like: Tensor, pixels: Mapping[str, int]) -> int:
    """How many frames of the size of `like`, ``(..., H, W)``, have so many `pixels`, which go by the kind of device."""
    return max(1, pixels.get(like.device.type, pixels["cpu"]) // (like.shape[-2] * like.shape[-1]))


class Portioned(ABC):
    """Implements `measure` of `harness.contracts.PortionedProbe`: the whole clip as a single portion."""

    @abstractmethod
    def units(self, num_frames: int) -> Sequence[Wants]:
        """As `harness.contracts.PortionedProbe` says."""

    @abstractmethod
    def see(self, sample: Sample, units: Sequence[Wants]) -> Tensor:
        """As `harness.contracts.PortionedProbe` says."""

    @abstractmethod
    def summary(self, values: Tensor) -> Measurement:
        """As `harness.contracts.PortionedProbe` says."""

    def measure(self, sample: Sample) -> Measurement:
        """The numbers of a clip that is in memory as a whole."""
        return self.summary(self.see(sample, self.units(sample.num_frames)))
