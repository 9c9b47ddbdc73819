"""TV-L1 in torch against OpenCV's, on one thread each; torch's on the GPU where that is the device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import torch
from harness_benchmarks import footage
from harness_benchmarks.bench import Bench, Section
from harness_benchmarks.grid import Grid, times
from harness_benchmarks.measuring import clock_for, wait_for
from torch import Tensor

from harness.planning.resolving import flow_part
from harness.running.build import build_flow, pick_device

CPU = torch.device("cpu")
OPENCV, TORCH = "tvl1-opencv", "tvl1:variant=opencv"
PAIRS_OF_GPU = 32
"""Pairs in a batch that a GPU gets."""
APART = 20
"""Frames between one pair and the next."""


def measure(bench: Bench) -> Section:
    """Seconds a pair, and the mean end-point difference over the pairs that both have done."""
    sizes, device = bench.sizes, pick_device(bench.device)
    many = PAIRS_OF_GPU if device.type == "cuda" else sizes.flow_pairs
    first, second = _pairs(sizes.height, sizes.width, many)
    few = sizes.flow_pairs
    with _one_thread():
        bench.say("TV-L1 by OpenCV")
        known, theirs = _timed(bench, OPENCV, CPU, first[:few], second[:few])
        bench.say("TV-L1 in torch")
        found, ours = _timed(bench, TORCH, device, first, second)
    apart = torch.linalg.vector_norm(found[:few].cpu() - known, dim=1)
    difference, moved = float(apart.mean()), float(torch.linalg.vector_norm(known, dim=1).mean())
    size = f"{sizes.width}x{sizes.height}"
    where = "on the GPU" if device.type == "cuda" else "on the same core"
    grid = Grid(
        f"TV-L1: seconds a pair of {size}",
        ["", "OpenCV, one thread", f"torch, {where}", "times as fast"],
        [["a pair", f"{theirs:.3f}", f"{ours:.3f}", times(ours, theirs)]],
    )
    lines = [
        f"Mean end-point difference {difference:.4f} px, where flow is {moved:.2f} px long on average ({few} pair(s))."
    ]
    facts = {
        "size": [sizes.height, sizes.width], "opencv_seconds_a_pair": theirs, "torch_seconds_a_pair": ours,
        "speed_up": theirs / ours, "mean_end_point_difference": difference, "mean_flow": moved, "pairs_compared": few,
        "pairs_in_torch": many, "device": str(device),
    }  # fmt: skip
    return Section("tvl1", [grid], lines, facts, {"TV-L1 in torch: times as fast as OpenCV's": theirs / ours})


def _pairs(height: int, width: int, count: int) -> tuple[Tensor, Tensor]:
    """Neighbouring frames of made clips, in turns of the camera: two ``(count, 3, height, width)`` in [0, 1]."""
    shown = islice(footage.frames(APART * count + 1, height, width), APART * count)
    kept = [torch.from_numpy(frame) for number, frame in enumerate(shown) if number % APART in (0, 1)]
    stack = torch.stack(kept).permute(0, 3, 1, 2).float() / 255
    return stack[::2], stack[1::2]


def _timed(bench: Bench, text: str, device: torch.device, first: Tensor, second: Tensor) -> tuple[Tensor, float]:
    """Flow and seconds a pair, after a small pair to warm up."""
    estimator = build_flow(flow_part(text, bench.registry, ""), device)
    first, second = first.to(device), second.to(device)
    estimator.flow(first[:1, :, :48, :48], second[:1, :, :48, :48])
    wait_for(device)
    clock = clock_for(device)
    start = clock()
    flow = estimator.flow(first, second)
    wait_for(device)
    return flow, (clock() - start) / len(first)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # OpenCV's estimator takes as many
    try:
        yield
    finally:
        torch.set_num_threads(before)
