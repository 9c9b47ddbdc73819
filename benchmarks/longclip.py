"""A long clip of larger frames: here, from files with the same frames, and from files with every frame, by hand."""

from __future__ import annotations

from contextlib import ExitStack

import torch
from harness_benchmarks import tables
from harness_benchmarks.bench import Bench, Section, with_segments
from harness_benchmarks.comparison import HERE, Result, in_turns, result_of, timeable
from harness_benchmarks.filepipeline import FilePipeline
from harness_benchmarks.footage import write_data
from harness_benchmarks.looked import every_frame, looked_at
from harness_benchmarks.measuring import Timed

from harness.weights.loading import save_state
from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.archs.srvgg_arch import SRVGGNetCompact  # isort: skip

METHOD = "compact"
SHAPE = {"num_feat": 32, "num_conv": 8}
"""Real-ESRGAN's small network made narrow, with random weights: larger ones would take minutes on a CPU."""
SAME, ALL = "files, frames looked at", "files, all frames"
WARM_UP, LONG = "warm-up", "long"
WARM_UP_FRAMES = 12


def measure(bench: Bench) -> Section:
    """Times of one clip, which is made for it."""
    sizes = bench.sizes
    bench.say(f"making a clip of {sizes.frames} frames of {sizes.width}x{sizes.height}")
    lengths = {WARM_UP: WARM_UP_FRAMES, LONG: sizes.frames}
    data = write_data(bench.new_folder(), lengths, sizes.height, sizes.width)
    probes = [f"{probe}:samples={sizes.segments}" for probe in ("psnr_y", "ssim_y")]
    benchmark = with_segments(bench.benchmark, sizes.segments)
    request = bench.request(_method(bench), 1, probes, recognizer="tsn", benchmark=benchmark, data=data)
    work = timeable(request, bench.registry)
    context = work.context
    clips = {clip.id: clip for clip in context.plan.clips}
    with ExitStack() as folders:
        pipelines = [
            bench.streamed(work, request, HERE, folders),
            Timed(FilePipeline(SAME, context, bench.new_folder(), looked_at), context.device),
            Timed(FilePipeline(ALL, context, bench.new_folder(), every_frame), context.device),
        ]
        timings = in_turns(pipelines, [clips[LONG]], clips[WARM_UP], bench.say)
        result = result_of(work, 1, pipelines, timings)
    looked = looked_at(context, sizes.frames)
    return _section(bench, result, len(looked.restored), len(looked.moving))


def _method(bench: Bench) -> str:
    """For ``--sr``, with weights from a fixed seed."""
    torch.manual_seed(0)
    network = SRVGGNetCompact(**SHAPE, upscale=bench.benchmark.scale)
    folder = bench.new_folder()
    folder.mkdir(parents=True)
    save_state(folder / "compact.safetensors", network.state_dict(), {})
    options = "".join(f",{name}={value}" for name, value in SHAPE.items())
    return f"{METHOD}=basicsr:arch=SRVGGNetCompact,weights={folder / 'compact.safetensors'}{options}"


def _section(bench: Bench, result: Result, restored: int, pairs: int) -> Section:
    sizes = bench.sizes
    share = result.here.in_networks / result.here.wall
    size = f"{sizes.width}x{sizes.height}"
    lines = [
        f"A made clip of {sizes.frames} frames of {size}, {sizes.segments} segments, a small SRVGGNetCompact with "
        f"random weights: {restored} frames and the flow of {pairs} pairs are looked at. In process, networks and "
        f"flow take {100 * share:.1f} % of the time.",
        *tables.verdicts(result),
        *tables.answers(result),
    ]
    facts = {
        **result.as_json(), "frames": sizes.frames, "size": [sizes.height, sizes.width], "segments": sizes.segments,
        "restored": restored, "pairs": pairs,
    }  # fmt: skip
    return Section("long_clip", [tables.stages(result), tables.shares(result)], lines, facts, result=result)
