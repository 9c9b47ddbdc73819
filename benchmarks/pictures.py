"""PSNR and SSIM of this project against BasicSR's, on frames in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from harness_benchmarks import footage, images
from harness_benchmarks.bench import Bench, Section
from harness_benchmarks.grid import Grid, times
from harness_benchmarks.measuring import clock_for, wait_for
from numpy.typing import NDArray
from torch import Tensor

from harness.probes.portioned import at_once
from harness.probes.quality import BLOCK_PIXELS
from harness.probes.similarity import luma, psnr, ssim
from harness.running.build import pick_device

SCALE = 4
NAMES = {"psnr_y": "PSNR", "ssim_y": "SSIM"}
UNITS = {"psnr_y": " dB", "ssim_y": ""}
OURS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"psnr_y": psnr, "ssim_y": ssim}
THEIRS: dict[str, Callable[..., float]] = {"psnr_y": images.calculate_psnr, "ssim_y": images.calculate_ssim}


def measure(bench: Bench) -> Section:
    """Milliseconds a frame, and the largest difference."""
    sizes = bench.sizes
    bench.say("PSNR and SSIM")
    original = [
        np.ascontiguousarray(f[..., ::-1]) for f in footage.frames(sizes.quality_frames, sizes.height, sizes.width)
    ]
    blurred = [images.resize(images.resize(frame, 1 / SCALE), SCALE) for frame in original]
    rows, facts, ratios = [], {}, {}
    for key, name in NAMES.items():
        here, ours = _ours(key, blurred, original, pick_device(bench.device))
        there, theirs = _theirs(key, blurred, original)
        largest = float(np.abs(here - there).max())
        rows.append(
            [name, f"{1e3 * ours:.2f}", f"{1e3 * theirs:.2f}", times(ours, theirs), f"{largest:.0e}{UNITS[key]}"]
        )
        facts[key] = {
            "ours_seconds_a_frame": ours, "basicsr_seconds_a_frame": theirs, "speed_up": theirs / ours,
            "largest_difference": largest,
        }  # fmt: skip
        ratios[f"{name}: times as fast as BasicSR's"] = theirs / ours
    title = f"Picture quality on Y: milliseconds a frame of {sizes.width}x{sizes.height}, {sizes.quality_frames} frames"
    grid = Grid(title, ["", "ours", "BasicSR's", "times as fast", "largest difference"], rows)
    return Section("picture_quality", [grid], [], facts, ratios)


def _ours(
    key: str, first: Sequence[images.Image], second: Sequence[images.Image], device: torch.device
) -> tuple[NDArray[np.float64], float]:
    """A value a frame, and seconds a frame, block by block as the probes do it."""
    pair = [torch.from_numpy(np.stack(frames)[..., ::-1].copy()) for frames in (first, second)]
    tensors = [(frames.permute(0, 3, 1, 2).float() / 255).to(device) for frames in pair]
    block = at_once(tensors[0], BLOCK_PIXELS)
    blocks = list(zip(*(frames.split(block) for frames in tensors), strict=True))
    OURS[key](luma(blocks[0][0][:1], SCALE), luma(blocks[0][1][:1], SCALE))
    wait_for(device)
    clock = clock_for(device)
    start = clock()
    values = torch.cat([OURS[key](luma(a, SCALE), luma(b, SCALE)) for a, b in blocks]).cpu()
    return values.numpy(), (clock() - start) / len(first)


def _theirs(
    key: str, first: Sequence[images.Image], second: Sequence[images.Image]
) -> tuple[NDArray[np.float64], float]:
    clock = clock_for(torch.device("cpu"))
    start = clock()
    values = [THEIRS[key](a, b, crop_border=SCALE, test_y_channel=True) for a, b in zip(first, second, strict=True)]
    return np.array(values), (clock() - start) / len(first)
