"""How long it takes to plan a large grid, of which nothing is computed."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

from harness_benchmarks.bench import Bench, Section
from harness_benchmarks.footage import write_data
from harness_benchmarks.grid import Grid
from harness_benchmarks.growth import copies

from harness.planning.selecting import Request
from harness.running.context import open_context

RECOGNIZERS = "tsn,stresnet,i3d"
CLIPS, METHODS = 13320, 30
"""The clips of UCF101, all splits together."""
GOAL = 15.0
ROUNDS = 3
CLASSES = 12
"""Of `mini-2`, in whose form the clips are."""


def measure(bench: Bench, clips: int = CLIPS, methods: int = METHODS) -> Section:
    """Seconds to open the data set and to plan; the first time every file is read for its digest."""
    bench.say(f"writing {clips} clips")
    data = many_clips(bench, clips)
    sr = ",".join(copies(bench, methods))
    benchmark = bench.benchmark.model_copy(update={"recognizers": {}})
    request = Request(benchmark, sr, data=data, recognizer=RECOGNIZERS, device=bench.device)
    seconds = []
    for turn in range(1 + ROUNDS):
        bench.say(f"planning, time {turn + 1} of {1 + ROUNDS}")
        start = time.perf_counter()
        plan = open_context(request, bench.registry).plan
        seconds.append(time.perf_counter() - start)
    first, again = seconds[0], statistics.median(seconds[1:])
    grid = Grid(
        f"Planning: {clips:,} clips x {methods} networks x 3 recognisers, {len(plan.cells)} cells",
        ["", "seconds"],
        [["the first time, with the digest of every clip", f"{first:.2f}"], ["again", f"{again:.2f}"]],
    )
    line = f"The goal is less than {GOAL:.0f} s: {'met' if first < GOAL else 'not met'}."
    facts = {"clips": clips, "methods": methods, "cells": len(plan.cells), "first": first, "again": again}
    return Section("planning", [grid], [line], facts)


def many_clips(bench: Bench, clips: int) -> Path:
    """A data folder in the form of `mini-2` whose clips are all the same file."""
    folder = write_data(bench.new_folder(), {"one": 4}, 32, 48)
    lines = ["id,path,label,group,num_frames"]
    for number in range(clips):
        os.link(folder / "test" / "one.mp4", folder / "test" / f"{number}.mp4")
        lines.append(f"{number},test/{number}.mp4,{number % CLASSES},{number},4")
    (folder / "test.csv").write_text("\n".join(lines) + "\n")
    return folder
