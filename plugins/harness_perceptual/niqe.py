"""NIQE: how far the statistics of frames are from those of natural pictures. It looks at no reference."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from harness.contracts import Measurement, Sample, Wants
from harness.probes.portioned import Portioned
from harness.probes.sampling import evenly_spaced
from harness.video.frames import Bytes, to_uint8
from harness_basicsr import compat as compat  # before basicsr

BLOCK = 96


@dataclass(frozen=True)
class Niqe(Portioned):
    """``niqe``: BasicSR's ``calculate_niqe`` on Y, mean over frames; lower is more natural.

    Its statistics are of blocks of 96x96, of which a frame needs two: None where there are fewer, and where no frame
    has texture enough. Source: Mittal et al., Signal Processing Letters 2013.
    """

    scale: int
    crop_border: int = -1
    """Pixels that are cut off at each side; -1 means `scale` pixels."""
    samples: int = 8
    """How many evenly spaced frames of a clip are looked at; 0 for every frame. One of 320x240 takes some tenths of a
    second, many times what other measures take."""

    def wants(self, num_frames: int) -> Wants:
        return Wants(frames=evenly_spaced(num_frames, self.samples))

    def units(self, num_frames: int) -> Sequence[Wants]:
        return [Wants(frames=(frame,)) for frame in self.wants(num_frames).frames]

    def see(self, sample: Sample, units: Sequence[Wants]) -> Tensor:
        """One value per frame, NaN where it is undefined; none where frames are too small."""
        frames = to_uint8(sample.sr([frame for unit in units for frame in unit.frames]))
        border = self.scale if self.crop_border < 0 else self.crop_border
        rows, columns = ((side - 2 * border) // BLOCK for side in frames.shape[1:3])
        values = [_niqe(frame, border) for frame in frames] if rows * columns >= 2 and min(rows, columns) > 0 else []
        return torch.tensor(values, dtype=torch.float64)

    def summary(self, values: Tensor) -> Measurement:
        finite = [value for value in values.tolist() if math.isfinite(value)]
        return Measurement({"niqe": sum(finite) / len(finite) if finite else None})


def _niqe(frame: Bytes, border: int) -> float:
    """NIQE of one RGB frame; NaN where its blocks are too flat for statistics."""
    from basicsr.metrics.niqe import calculate_niqe

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of flat blocks, which have no statistics
        try:
            return float(calculate_niqe(frame[..., ::-1], crop_border=border))  # its order is blue, green, red
        except np.linalg.LinAlgError:
            return math.nan
