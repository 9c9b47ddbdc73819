"""The same pipeline with networks in bf16."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import torch
from harness_benchmarks import machine
from harness_benchmarks.agreement import Difference, differences
from harness_benchmarks.bench import Bench, Section
from harness_benchmarks.comparison import in_turns, split_off_one
from harness_benchmarks.grid import Grid, times

from harness.planning.computing import FULL, Computing

METHOD = "srresnet"
HALF = "bf16"
SHOWN = {"restore": "restoring", "recognise": "recognising"}
"""The stages that networks are in."""


def measure(bench: Bench) -> Section:
    """Times in both precisions, and how far results differ."""
    number = bench.sizes.half_clips
    with ExitStack() as folders:
        both = []
        for precision in (FULL, HALF):
            request = bench.request(METHOD, number, recognizer="tsn", computing=Computing(precision))
            work = bench.any_of(request)
            both.append(bench.streamed(work, request, precision, folders))
        clips, warm_up = split_off_one(work.context.plan.clips)
        timings = in_turns(both, clips, warm_up, bench.say, block=1)
        found = differences(*(timed.pipeline.answers() for timed in both))
    full, half = timings[FULL], timings[HALF]
    pairs = {name: (full.stages[stage], half.stages[stage]) for stage, name in SHOWN.items()}
    pairs["all"] = full.wall, half.wall
    return _section(pairs, {d.probe: d for d in found}, number, work.context.device)


def _section(
    pairs: Mapping[str, tuple[float, float]], found: Mapping[str, Difference], number: int, device: torch.device
) -> Section:
    rows = [[name, *(f"{s / number:.3f}" for s in pair), times(*reversed(pair))] for name, pair in pairs.items()]
    unit = machine.multiplies_bf16(device)
    same = min(d.same_top1 for d in found.values() if d.same_top1 is not None)
    psnr = found["psnr_y"].largest
    lines = [
        f"This {'card' if device.type == 'cuda' else 'processor'} has {'' if unit else 'no '}instructions for bf16"
        + ("." if unit else ", so that it is expected to be slower here."),
        f"PSNR of a clip differs by at most {psnr:.3f} dB; same top-1 in {100 * same:.0f} % of (stream, clip), of "
        f"{number} clip(s).",
    ]
    seconds = {name: {FULL: full, HALF: half, "speed_up": full / half} for name, (full, half) in pairs.items()}
    facts = {
        "clips": number, "method": METHOD, "multiplies_bf16": unit, "seconds": seconds,
        "psnr_y_largest_difference": psnr, "same_top1": same,
    }  # fmt: skip
    grid = Grid(f"bf16 against fp32: seconds a clip, {METHOD}, tsn", ["", FULL, HALF, "times as fast"], rows)
    ratios = {f"{name} in bf16: times as fast": full / half for name, (full, half) in pairs.items()}
    return Section("bf16", [grid], lines, facts, ratios)
