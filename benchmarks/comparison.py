"""Both pipelines over the same clips, in turns, in one process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from harness_benchmarks.agreement import Difference, differences
from harness_benchmarks.filepipeline import FilePipeline, can_run
from harness_benchmarks.measuring import Say, Timed, Timing
from harness_benchmarks.streamed import Streamed

from harness.contracts import Clip
from harness.datasets.annotated import balanced_subset
from harness.errors import UsageError, WeightsMissingError
from harness.planning.selecting import Request
from harness.registry import Registry
from harness.running.context import RunContext, open_context
from harness.running.environment import describe_environment
from harness.running.store import open_run
from harness.syntax import parse_list

BLOCK = 4
"""Clips after which the other pipeline has its turn, so that a machine that gets slower does so for both."""
PROBES = ["psnr_y", "ssim_y"]


@dataclass(frozen=True)
class Result:
    """The result; times are over all clips and methods."""

    clips: int
    methods: Sequence[str]
    left_out: Sequence[str]
    """Recognisers of the benchmark that the pipeline from files cannot run."""
    threads: int
    streamed: Timing
    files: Timing
    differences: list[Difference]

    def as_json(self) -> dict[str, Any]:
        """For the file of ``--out``."""
        return {
            "clips": self.clips,
            "methods": list(self.methods),
            "left_out": list(self.left_out),
            "threads": self.threads,
            "in_process": _seconds(self.streamed),
            "from_files": _seconds(self.files),
            "ratio": self.files.wall / self.streamed.wall,
            "ratio_elsewhere": self.files.elsewhere / self.streamed.elsewhere,
            "differences": [asdict(difference) for difference in self.differences],
            "environment": describe_environment(torch.device("cpu")),
        }


def bench_request(request: Request, clips: int) -> Request:
    """The request with the probes that both pipelines have, and a clip more than asked for, to warm up with."""
    benchmark = request.benchmark.model_copy(update={"probes": PROBES})
    return replace(request, benchmark=benchmark, limit=clips + 1, device="cpu")


@dataclass(frozen=True)
class Timeable:
    """A run of what both pipelines can do, and the labels of the recognisers that they cannot run."""

    context: RunContext
    left_out: Sequence[str] = ()


def timeable(request: Request, registry: Registry) -> Timeable:
    """The methods that were asked for, without the ceiling that ``harness run`` adds, and the streams of TSN.

    Raises `WeightsMissingError` if one of them has no weights here.
    """
    whole = open_context(request, registry)
    plan = whole.plan
    methods = [part for part in plan.methods if part.spec.name in _names(request.sr)]
    probes = [part for part in plan.probes if part.stream is None or can_run(part)]
    for part in [*methods, *probes]:
        if part.missing:
            raise WeightsMissingError(f"{part.label} cannot be timed: {part.missing}")
    rows, columns = ({part.label for part in parts} for parts in (methods, probes))
    cells = [cell for cell in plan.cells if cell.method.label in rows and cell.probe.label in columns]
    left_out = [part.label for part in plan.probes if part not in probes]
    both = replace(plan, methods=methods, probes=probes, cells=cells)
    return Timeable(RunContext(both, whole.dataset, whole.device), left_out)


def compare(work: Timeable, request: Request, registry: Registry, folder: Path, say: Say) -> Result:
    """Time both pipelines over the plan's clips except one, which is used to warm up. Files go to `folder`."""
    plan = work.context.plan
    clips, warm_up = split_off_one(plan.clips)
    with open_run(folder / "run") as run_folder:
        say("loading networks")
        both = [
            Timed(Streamed(work.context, request, registry, run_folder)),
            Timed(FilePipeline(work.context, folder / "files")),
        ]
        for timed in both:
            timed.run([warm_up], partial(_say_where, say, "warming up"))
            timed.reset()
        _by_turns(both, clips, say)
        streamed, files = (timed.finish() for timed in both)
    found = differences(*(timed.pipeline.answers() for timed in both))
    methods = [part.label for part in plan.methods]
    return Result(len(clips), methods, work.left_out, torch.get_num_threads(), streamed, files, found)


def split_off_one(clips: Sequence[Clip]) -> tuple[Sequence[Clip], Clip]:
    """The clips that are timed, spread over the classes as evenly as possible, and the one to warm up with."""
    if len(clips) < 2:
        raise UsageError("one clip to warm up with and one to time are needed; the data set has fewer")
    timed = balanced_subset(clips, len(clips) - 1)
    return timed, next(clip for clip in clips if clip not in timed)


def _by_turns(both: Sequence[Timed], clips: Sequence[Clip], say: Say) -> None:
    for turn, start in enumerate(range(0, len(clips), BLOCK)):
        block = clips[start : start + BLOCK]
        where = f"clips {start + 1} to {start + len(block)} of {len(clips)}"
        for timed in both if turn % 2 == 0 else reversed(both):
            timed.run(block, partial(_say_where, say, where))


def _say_where(say: Say, where: str, text: str) -> None:
    say(f"{where}, {text}")


def _names(sr: str) -> set[str]:
    return {choice.name for item in parse_list(sr) for choice in item}


def _seconds(timing: Timing) -> dict[str, Any]:
    return {
        "wall": timing.wall,
        "stages": {**timing.stages, "rest": timing.rest},
        "networks_and_flow": {**timing.networks, "total": timing.in_networks},
        "elsewhere": timing.elsewhere,
    }
