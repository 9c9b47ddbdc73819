"""Pipelines over the same clips, in turns, in one process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from harness_benchmarks.agreement import Difference, differences
from harness_benchmarks.filepipeline import FilePipeline, can_run
from harness_benchmarks.looked import every_frame
from harness_benchmarks.measuring import Say, Timed, Timing
from harness_benchmarks.streamed import Streamed

from harness.contracts import Clip
from harness.datasets.annotated import balanced_subset
from harness.errors import UsageError, WeightsMissingError
from harness.planning.cells import Part
from harness.planning.selecting import Request
from harness.registry import Registry
from harness.running.context import RunContext, open_context
from harness.running.store import open_run
from harness.specs import NetworkSpec
from harness.syntax import parse_list

BLOCK = 4
"""Clips after which the next pipeline has its turn, so that a machine that gets slower does so for all."""
PROBES = ("psnr_y", "ssim_y")
HERE, FILES = "in process", "from files"


@dataclass(frozen=True)
class Result:
    """The result; times are over all clips and methods."""

    clips: int
    methods: Sequence[str]
    left_out: Sequence[str]
    """Recognisers of the benchmark that the pipelines from files cannot run."""
    threads: int
    timings: Mapping[str, Timing]
    """By name of the pipeline, `HERE` first."""
    differences: list[Difference]
    """Between the first two, which looked at the same frames."""

    @property
    def here(self) -> Timing:
        return self.timings[HERE]

    def as_json(self) -> dict[str, Any]:
        """Seconds over all clips and methods, and ratios."""
        return {
            "clips": self.clips,
            "methods": list(self.methods),
            "left_out": list(self.left_out),
            "pipelines": {name: _seconds(timing, self.here) for name, timing in self.timings.items()},
            "differences": [asdict(difference) for difference in self.differences],
        }


def bench_request(request: Request, clips: int, probes: Sequence[str] = PROBES) -> Request:
    """The request with probes that all pipelines have, and a clip more than asked for, to warm up with."""
    benchmark = request.benchmark.model_copy(update={"probes": list(probes)})
    return replace(request, benchmark=benchmark, limit=clips + 1)


@dataclass(frozen=True)
class Timeable:
    """A run of what all pipelines can do, and the labels of the recognisers that they cannot run."""

    context: RunContext
    left_out: Sequence[str] = ()


def timeable(request: Request, registry: Registry, fits: Callable[[Part[NetworkSpec]], bool] = can_run) -> Timeable:
    """The methods that were asked for, without the ceiling that ``harness run`` adds, and the streams that fit.

    Raises `WeightsMissingError` if one of them has no weights here.
    """
    whole = open_context(request, registry)
    plan = whole.plan
    wanted = _names(request.sr)
    methods = [part for part in plan.methods if part.spec.name in wanted]
    probes = [part for part in plan.probes if part.stream is None or fits(part)]
    for part in [*methods, *probes]:
        if part.missing:
            raise WeightsMissingError(f"{part.label} cannot be timed: {part.missing}")
    rows, columns = ({part.label for part in parts} for parts in (methods, probes))
    cells = [cell for cell in plan.cells if cell.method.label in rows and cell.probe.label in columns]
    left_out = [part.label for part in plan.probes if part not in probes]
    both = replace(plan, methods=methods, probes=probes, cells=cells)
    return Timeable(RunContext(both, whole.dataset, whole.device), left_out)


def compare(work: Timeable, request: Request, registry: Registry, folder: Path, say: Say) -> Result:
    """Time the plan's clips except one, which is used to warm up, here and from files, which go to `folder`."""
    context = work.context
    clips, warm_up = split_off_one(context.plan.clips)
    with open_run(folder / "run") as run_folder:
        say("loading networks")
        both = [
            Timed(Streamed(context, request, registry, run_folder, HERE), context.device),
            Timed(FilePipeline(FILES, context, folder / "files", every_frame), context.device),
        ]
        timings = in_turns(both, clips, warm_up, say)
    return result_of(work, len(clips), both, timings)


def result_of(work: Timeable, clips: int, pipelines: Sequence[Timed], timings: Mapping[str, Timing]) -> Result:
    """What came out; the first two pipelines are held against each other."""
    found = differences(*(timed.pipeline.answers() for timed in pipelines[:2]))
    methods = [part.label for part in work.context.plan.methods]
    return Result(clips, methods, work.left_out, torch.get_num_threads(), timings, found)


def split_off_one(clips: Sequence[Clip]) -> tuple[Sequence[Clip], Clip]:
    """The clips that are timed, spread over the classes as evenly as possible, and the one to warm up with."""
    if len(clips) < 2:
        raise UsageError("one clip to warm up with and one to time are needed; the data set has fewer")
    timed = balanced_subset(clips, len(clips) - 1)
    return timed, next(clip for clip in clips if clip not in timed)


def in_turns(
    pipelines: Sequence[Timed], clips: Sequence[Clip], warm_up: Clip, say: Say, block: int = BLOCK
) -> dict[str, Timing]:
    """Times by name of the pipeline, which take turns after every few clips."""
    for timed in pipelines:
        timed.run([warm_up], partial(_say_where, say, "warming up"))
        timed.reset()
    for turn, start in enumerate(range(0, len(clips), block)):
        part = clips[start : start + block]
        where = f"clips {start + 1} to {start + len(part)} of {len(clips)}"
        for timed in pipelines if turn % 2 == 0 else reversed(pipelines):
            timed.run(part, partial(_say_where, say, where))
    return {timed.name: timed.finish() for timed in pipelines}


def _say_where(say: Say, where: str, text: str) -> None:
    say(f"{where}, {text}")


def _names(sr: str) -> set[str]:
    return {choice.name for item in parse_list(sr) for choice in item}


def _seconds(timing: Timing, here: Timing) -> dict[str, Any]:
    return {
        "wall": timing.wall,
        "stages": {**timing.stages, "rest": timing.rest},
        "networks_and_flow": {**timing.networks, "total": timing.in_networks},
        "share_of_networks_and_flow": timing.in_networks / timing.wall,
        "elsewhere": timing.elsewhere,
        "ratio": timing.wall / here.wall,
        "ratio_elsewhere": timing.elsewhere / here.elsewhere,
    }
