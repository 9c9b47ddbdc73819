"""How the change from frame to frame differs from that of the high-resolution video, without a flow of the run's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from harness.contracts import Measurement, Pair, Sample, Wants
from harness.probes.portioned import Portioned
from harness.probes.sampling import consecutive_pairs
from harness.probes.similarity import luma
from harness.transfer import to_host
from harness.video.frames import Bytes, to_uint8


@dataclass(frozen=True)
class _PairProbe(Portioned):
    """Looks at frames t and t + 1 of restored and HR clip; `key` is the mean over pairs, None for a single frame."""

    scale: int
    samples: int = 0
    """How many evenly spaced pairs of a clip are looked at; 0 for every pair."""

    key = ""

    def wants(self, num_frames: int) -> Wants:
        pairs = consecutive_pairs(num_frames, self.samples)
        return Wants(frames=tuple(dict.fromkeys(frame for pair in pairs for frame in pair)))

    def units(self, num_frames: int) -> Sequence[Wants]:
        return [Wants(frames=pair) for pair in consecutive_pairs(num_frames, self.samples)]

    def see(self, sample: Sample, units: Sequence[Wants]) -> Tensor:
        """One value per pair."""
        pairs = [(unit.frames[0], unit.frames[1]) for unit in units]
        found = [self.difference(sample, pair) for pair in pairs]
        return to_host(torch.stack(found)) if found else torch.empty(0, dtype=torch.float64)

    def summary(self, values: Tensor) -> Measurement:
        return Measurement({self.key: sum(values.tolist()) / len(values) if len(values) else None})

    def difference(self, sample: Sample, pair: Pair) -> Tensor:
        """The number of one pair, float64 without dimensions."""
        raise NotImplementedError


class FlowDifference(_PairProbe):
    """``tof``: length of the difference of restored and HR flow in pixels, mean over pixels.

    tOF of Chu et al., TecoGAN, TOG 2020, with the settings of the authors' evaluation: Farneback's flow of 8-bit grey
    frames. It is over whole frames and clips, where theirs leaves out a border and two frames at either end.
    """

    key = "tof"

    def difference(self, sample: Sample, pair: Pair) -> Tensor:
        restored, true = (_flow(*to_uint8(frames(pair))) for frames in (sample.sr, sample.hr))
        return torch.tensor(np.linalg.norm(restored - true, axis=-1).mean(dtype=np.float64))


class ProfileDifference(_PairProbe):
    """``temporal_profile``: |(SR_t+1 - SR_t) - (HR_t+1 - HR_t)| of Y in grey levels, mean over pixels.

    Temporal profiles are pictures of one row over time, of which papers show restored and HR ones side by side; this is
    the difference of the two along time, over all rows. It knows no motion: flicker and lost detail that moves both
    count, and 0 is a clip that changes exactly as HR does.
    """

    key = "temporal_profile"

    def difference(self, sample: Sample, pair: Pair) -> Tensor:
        restored, true = (_change(frames(pair)) for frames in (sample.sr, sample.hr))
        return (restored - true).abs_().mean()


def _flow(first: Bytes, second: Bytes) -> np.ndarray:
    """Farneback's flow ``(H, W, 2)`` between RGB frames."""
    one, other = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (first, second))
    return np.asarray(cv2.calcOpticalFlowFarneback(one, other, None, 0.5, 3, 15, 3, 5, 1.2, 0))


def _change(pair: Tensor) -> Tensor:
    first, second = torch.unbind(luma(pair))
    return second - first
