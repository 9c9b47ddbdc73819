"""How natural clips are: the statistics of their spectrum, and what a quarter of the size does to them.

    python -m harness_benchmarks.natural FOLDER

measures every clip of a data set that `harness datasets build mini-2` wrote, and puts the numbers into its data card.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from harness.contracts import FlowEstimator, Pair
from harness.planning.resolving import flow_part
from harness.probes.similarity import luma, psnr
from harness.probes.temporal import TemporalConsistency
from harness.registry import load_registry
from harness.running.build import build_flow
from harness.video.imresize import imresize
from harness_mini import encode
from harness_mini.card import put_statistics
from harness_mini.texture import Picture

SCALE = 4
FLOW = "dis:finest_scale=0,patch_size=8,patch_stride=3"
"""The flow of the benchmark `mini-2`."""
PAIRS = 4
"""Pairs of frames a clip, evenly spaced, whose warping error is measured."""
PROBE = TemporalConsistency(scale=SCALE, samples=PAIRS)
RINGS = (3, 70)
"""Cycles a frame between which the slope is fitted: below is the window's own spectrum, above what the codec leaves."""


@dataclass(frozen=True)
class Statistics:
    """Of a clip, or means over clips.

    slope: of the logarithm of power over that of frequency. above: share of the energy, without the mean, that frames
    of a quarter of the size cannot carry. psnr: of bicubic x4 in dB, on Y.
    hr_warp, bicubic_warp: warping error of HR and of bicubic frames in squared grey levels.
    """

    slope: float
    above: float
    psnr: float
    hr_warp: float
    bicubic_warp: float


@dataclass(frozen=True)
class _Pictures:
    """HR frames and what became of them, `(T, 3, H, W)` in [0, 1], with the flow of the former.

    The part of `harness.contracts.Sample` that is needed here.
    """

    frames: Tensor
    restored: Tensor
    flows: dict[Pair, Tensor]

    @property
    def num_frames(self) -> int:
        return len(self.frames)

    def sr(self, frames: Sequence[int]) -> Tensor:
        return self.restored[list(frames)]

    def hr(self, frames: Sequence[int]) -> Tensor:
        return self.frames[list(frames)]

    def hr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        return torch.stack([self.flows[pair] for pair in pairs])


def measure(clip: Picture, estimator: FlowEstimator) -> Statistics:
    """The statistics of a clip `(T, H, W, 3)` of 8-bit RGB; `estimator` is that of the benchmark."""
    frames = torch.from_numpy(clip).permute(0, 3, 1, 2).float() / 255
    small = imresize(frames, (frames.shape[-2] // SCALE, frames.shape[-1] // SCALE)).clamp_(0, 1)
    restored = (imresize(small, float(SCALE)).clamp_(0, 1) * 255).round_() / 255
    slope, above = spectrum(luma(frames).numpy())
    quality = float(psnr(luma(restored, SCALE), luma(frames, SCALE)).mean())
    flows = _flows(frames, estimator)
    warps = (_warp_error(_Pictures(frames, shown, flows)) for shown in (frames, restored))
    return Statistics(slope, above, quality, *warps)


def spectrum(frames: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Slope of the spectrum of frames `(T, N, N)`, and the share of their energy above the limit of LR frames.

    The mean is taken away and a Hann window laid over each frame; power is averaged over the frames and then over rings
    of one cycle a frame, and the line is fitted to the rings of `RINGS` with equal weights.
    """
    side = frames.shape[-1]
    window = np.hanning(side)[:, None] * np.hanning(side)[None, :]
    power = (np.abs(np.fft.fft2((frames - frames.mean(axis=(1, 2), keepdims=True)) * window)) ** 2).mean(axis=0)
    cycles = np.abs(np.fft.fftfreq(side) * side)
    rows, columns = cycles[:, None], cycles[None, :]
    ring = np.rint(np.hypot(rows, columns)).astype(int).ravel()
    mean = np.bincount(ring, power.ravel()) / np.bincount(ring)
    fitted = np.arange(RINGS[0], RINGS[1] + 1)
    slope = np.polyfit(np.log(fitted), np.log(mean[fitted]), 1)[0]
    limit = side / SCALE / 2
    return float(slope), float(power[np.maximum(rows, columns) > limit].sum() / power.sum())


def _flows(frames: Tensor, estimator: FlowEstimator) -> dict[Pair, Tensor]:
    """Flow of the pairs that the probe wants, there and back."""
    pairs = PROBE.wants(len(frames)).pairs
    first, second = ([pair[side] for pair in pairs] for side in (0, 1))
    return dict(zip(pairs, estimator.flow(frames[first], frames[second]), strict=True))


def _warp_error(pictures: _Pictures) -> float:
    # the rest of what a probe may ask of a clip is not asked for by this one
    return float(PROBE.measure(pictures).numbers["warp_error"] or 0)  # type: ignore[arg-type]


def benchmark_flow() -> FlowEstimator:
    """The flow of the benchmark."""
    return build_flow(flow_part(FLOW, load_registry(), "mini-2"), torch.device("cpu"))


def mean(found: Iterable[Statistics]) -> Statistics:
    """Means of the statistics of clips."""
    return Statistics(*(float(column) for column in np.mean([astuple(one) for one in found], axis=0)))


def table(found: Mapping[str, Sequence[Statistics]]) -> str:
    """The means over the clips of every split, as a table in markdown with the bounds that the test keeps."""
    lines = [
        f"Means over all clips; warping error of {PAIRS} pairs a clip. Slope: power of luma without the mean, Hann\n"
        f"window, rings of {RINGS[0]} to {RINGS[1]} cycles a frame. Flow: `{FLOW}`.\n",
        "| split | clips | slope | energy above LR's limit | bicubic PSNR-Y | warping error: HR | bicubic | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for split, clips in found.items():
        one = mean(clips)
        lines.append(
            f"| {split} | {len(clips)} | {one.slope:.2f} | {one.above:.1%} | {one.psnr:.2f} dB "
            f"| {one.hr_warp:.1f} | {one.bicubic_warp:.1f} | {one.hr_warp / one.bicubic_warp:.2f} |"
        )
    lines.append("| wanted | | -3.4 to -2.6 | at most 18 % | 25.5 to 28.5 dB | | | at most 1.5 |")
    return "\n".join(lines) + "\n"


def main(folder: Path) -> None:
    """Measure every clip of the data set in `folder`, and put the numbers into its card."""
    estimator = benchmark_flow()
    found: dict[str, list[Statistics]] = {}
    for annotation in sorted(folder.glob("*.csv")):
        with annotation.open(newline="") as file:
            paths = [row["path"] for row in csv.DictReader(file)]
        found[annotation.stem] = [measure(encode.read(folder / path), estimator) for path in paths]
    put_statistics(folder, table(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
