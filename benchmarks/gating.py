"""The quality gates of a benchmark: what is to be measured, measuring it as an ordinary run, and all that was found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness_benchmarks.heldout import HeldOut, held_out
from harness_benchmarks.trained import check_held_out, files_of, method_of, training, weights_of
from harness_benchmarks.verdicts import Comparison, verdicts

from harness.api import Listening, compute
from harness.choice import parse_choice
from harness.documents import read_document
from harness.errors import UsageError
from harness.planning.benchmark import Benchmark, find_benchmark, load_benchmark
from harness.planning.cells import Part
from harness.planning.plan import stream_parts
from harness.planning.resolving import open_dataset
from harness.planning.selecting import Request, make_plan
from harness.registry import Registry
from harness.running.build import pick_device
from harness.running.context import RunContext
from harness.running.reading import RunRecord, load_run
from harness.running.store import open_run
from harness.specs import CEILING, SRMethodSpec

PROBES = {"psnr": "psnr_y", "lpips": "lpips", "peak": "checkerboard"}
"""What is measured of every frame, by its name in a row."""
RECOGNISER = ("accuracy on held-out clips", "held out", "epochs", "time", "hardware")
"""Fields of a recogniser's card."""


@dataclass(frozen=True)
class Gating:
    """Made by `gating`, which has checked everything that can be checked before measuring."""

    benchmark: Benchmark
    comparison: Comparison
    dataset: HeldOut
    request: Request
    context: RunContext
    registry: Registry
    streams: Mapping[str, Path]
    """Weights of recognisers by stream."""

    @property
    def folder(self) -> Path:
        """The run's, from which the same command resumes."""
        return Path("runs") / f"{self.benchmark.name}-gates"

    def measure(self, listening: Listening) -> None:
        """Compute what is not there yet."""
        with open_run(self.folder) as folder:
            compute(self.context, self.request, self.registry, folder, listening)

    def facts(self) -> dict[str, Any]:
        """Everything that the page says, from the run folder and the cards."""
        record, clips = load_run(self.folder), self.dataset.kept
        parts = [part for part in self.context.plan.methods if part.label != CEILING]
        rows = [self._row(part, record) for part in parts if not part.missing]
        floor = next(row["psnr"] for row in rows if row["name"] == self.benchmark.floor)
        rows = [{**row, "gain": None if None in (row["psnr"], floor) else row["psnr"] - floor} for row in rows]
        judged = verdicts([row for row in rows if row["training"]], self.comparison)
        return {
            "benchmark": self.benchmark.name,
            "clips": len(clips),
            "groups": len({clip.group for clip in clips}),
            "seed": self.dataset.seed,
            "rows": rows,
            "verdicts": [asdict(verdict) for verdict in judged],
            "recognisers": {stream: training(file, RECOGNISER) for stream, file in sorted(self.streams.items())},
            "not_measured": {part.label: part.missing for part in parts if part.missing},
        }

    def _row(self, part: Part[SRMethodSpec], record: RunRecord) -> dict[str, Any]:
        """Numbers of a method, and its training if that was on this benchmark."""
        cells = {cell.probe.spec.name: cell.id for cell in self.context.plan.cells if cell.method.label == part.label}
        file, data = weights_of(part)
        return {
            "name": part.label,
            "family": self.comparison.family(part.label, part.spec.family),
            "trained_on": data,
            **{key: _mean(record, cells[probe], probe) for key, probe in PROBES.items()},
            "training": training(file) if file and data == _split(self.benchmark) else None,
        }


def gating(where: str, sr: str, weights: Sequence[Path], data: Path | None, device: str, registry: Registry) -> Gating:
    """The gates of the benchmark with this name or in this file, for the SR methods `sr` and those of `weights`.

    Raises `UsageError`, also for networks that may have learnt from the clips to be measured.
    """
    benchmark, given = load_benchmark(where), files_of(weights)
    own = [method_of(file, said, benchmark) for file, said in given.items() if "stream" not in said]
    dataset = held_out(open_dataset(benchmark.dataset, registry, data), benchmark, where, registry)
    request = Request(_measured(benchmark), ",".join([sr, *own]), data=data, device=device)
    context = RunContext(make_plan(request, registry, dataset), dataset, pick_device(device))
    if missing := next((part for part in context.plan.probes if part.missing), None):
        raise UsageError(f"{missing.label}: {missing.missing}")
    for part in (part for part in context.plan.methods if not part.missing):
        file, trained_on = weights_of(part)
        if file and trained_on == _split(benchmark):
            check_held_out(part.label, file, dataset.seed, len(dataset.kept))
    streams = streams_of(benchmark, registry, given)
    return Gating(benchmark, _comparison(where, benchmark), dataset, request, context, registry, streams)


def _measured(benchmark: Benchmark) -> Benchmark:
    """With held-out clips for its split, the probes of `PROBES`, and no recogniser."""
    title, split = f"{benchmark.name}: held-out training clips", f"{benchmark.train_split}-held-out"
    changes = {"title": title, "split": split, "recognizers": {}, "pairs": [], "probes": list(PROBES.values())}
    return benchmark.model_copy(update=changes)


def _split(benchmark: Benchmark) -> str:
    """What weights say they were trained on if it was the benchmark's training split."""
    return f"{parse_choice(benchmark.dataset).name}/{benchmark.train_split}"


def streams_of(benchmark: Benchmark, registry: Registry, given: Mapping[Path, Mapping[str, Any]]) -> dict[str, Path]:
    """Weights of recognisers that learnt from the training split, by stream: those given, else the benchmark's own."""
    parts = [part for name in benchmark.recognizers for part in stream_parts(name, registry, benchmark)]
    found = {part.label: weights_of(part) for part in parts}
    found |= {f"{x['method']}.{x['stream']}": (file, x["trained_on"]) for file, x in given.items() if "stream" in x}
    return {stream: file for stream, (file, data) in found.items() if file and data == _split(benchmark)}


def _comparison(where: str, benchmark: Benchmark) -> Comparison:
    file = find_benchmark(where).parent / "comparisons" / f"{benchmark.name}.yaml"
    return read_document(file, Comparison) if file.is_file() else Comparison()


def _mean(record: RunRecord, cell: str, key: str) -> float | None:
    """Over clips; None where a cell failed, or has a number of no clip."""
    mean = float(record.clips.loc[record.clips["cell"] == cell, key].mean())
    return mean if math.isfinite(mean) else None
