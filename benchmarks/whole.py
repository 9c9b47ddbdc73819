"""The default benchmark: here, and from image files."""

from __future__ import annotations

from harness_benchmarks import tables
from harness_benchmarks.bench import Bench, Section
from harness_benchmarks.comparison import compare, timeable

NOTES = (
    "In one process, the same clips and networks in turns, after a clip to warm up. Not timed: imports, loading "
    "networks, building MMAction2's Runners. From files: every frame, as PSNR looks at all of them here too; frames, "
    "LR and SR frames as PNG (BasicSR writes and restores them one by one), flow as JPEG, both streams through "
    "MMAction2's test loop.",
    "The temporal scores differ because of JPEG.",
)


def measure(bench: Bench, sr: str, clips: int) -> Section:
    """Times of the methods `sr` over so many clips."""
    request = bench.request(sr, clips)
    result = compare(timeable(request, bench.registry), request, bench.registry, bench.new_folder(), bench.say)
    lines = [*tables.verdicts(result), *tables.answers(result), *tables.left_out(result), *NOTES]
    return Section("whole", [tables.stages(result), tables.shares(result)], lines, result.as_json(), result=result)
