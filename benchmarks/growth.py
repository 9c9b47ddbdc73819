"""How time grows with clips, methods and frames: the exponent of a power law, without set-up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

import numpy as np
from harness_benchmarks.bench import Bench, Section
from harness_benchmarks.comparison import in_turns, split_off_one
from harness_benchmarks.footage import write_data
from harness_benchmarks.grid import Grid

from harness.contracts import Clip
from harness.planning.selecting import Request
from harness.weights.catalogue import installed_path
from harness.weights.loading import load_state, save_state

METHOD = "srresnet"
HEIGHT, WIDTH = 48, 64
"""Of the clips whose number of frames grows."""
WARM_UP, LONG = "warm-up", "long"


def measure(bench: Bench) -> Section:
    """Seconds at every factor, and the exponent fitted to their logarithms by least squares."""
    factors = bench.sizes.factors
    seconds = {name: [grow(factor) for factor in factors] for name, grow in _dimensions(bench).items()}
    exponents = {name: exponent(factors, values) for name, values in seconds.items()}
    rows = [[name, *(f"{s:.2f}" for s in values), f"{exponents[name]:.2f}"] for name, values in seconds.items()]
    columns = ["times as many", *map(str, factors), "exponent"]
    grid = Grid(f"Growth: seconds without set-up, {METHOD}, tsn", columns, rows)
    line = "1 is in proportion; less means that a part is done once for all, or that no more frames are looked at."
    facts = {
        name: {"factors": list(factors), "seconds": values, "exponent": exponents[name]}
        for name, values in seconds.items()
    }
    return Section("growth", [grid], [line], facts, {f"growth with {n}: exponent": e for n, e in exponents.items()})


def exponent(factors: Sequence[int], seconds: Sequence[float]) -> float:
    """The slope of the straight line through the logarithms."""
    return float(np.polyfit(np.log(factors), np.log(seconds), 1)[0])


def _dimensions(bench: Bench) -> dict[str, Callable[[int], float]]:
    """What may grow, with the function that measures seconds at a factor."""
    named = copies(bench, max(bench.sizes.factors))

    def clips(factor: int) -> float:
        return _seconds(bench, bench.request(METHOD, factor, recognizer="tsn"), f"{factor} times the clips")

    def methods(factor: int) -> float:
        request = bench.request(",".join(named[:factor]), 1, recognizer="tsn")
        return _seconds(bench, request, f"{factor} times the methods")

    def frames(factor: int) -> float:
        shortest = bench.sizes.growth_frames
        data = write_data(bench.new_folder(), {WARM_UP: shortest, LONG: factor * shortest}, HEIGHT, WIDTH)
        request = bench.request(METHOD, 1, recognizer="tsn", data=data)
        return _seconds(bench, request, f"{factor} times the frames")

    return {"clips": clips, "methods": methods, "frames": frames}


def copies(bench: Bench, count: int) -> list[str]:
    """The method under many names, with weights that differ in a millionth: those that are equal are refused."""
    part = bench.any_of(bench.request(METHOD, 1, recognizer="tsn")).context.plan.methods[0]
    assert part.weights is not None
    folder = bench.new_folder()
    folder.mkdir(parents=True)
    state = load_state(installed_path(part.weights, part.spec.name))
    options = "".join(f",{name}={value}" for name, value in part.weights.options.items())
    for number in range(count):
        changed = {key: value * (1 + 1e-6 * number) for key, value in state.items()}
        save_state(folder / f"{number}.safetensors", changed, {})
    return [f"m{n}={METHOD}:checkpoint={folder / f'{n}.safetensors'}{options}" for n in range(count)]


def _clips(bench: Bench, factor: int) -> float:
    return _seconds(bench, bench.request(METHOD, factor, recognizer="tsn"), f"{factor} times the clips")


def _seconds(bench: Bench, request: Request, name: str) -> float:
    work = bench.any_of(request)
    clips, warm_up = _clips(work.context.plan.clips)
    with ExitStack() as folders:
        timed = bench.streamed(work, request, name, folders)
        return in_turns([timed], clips, warm_up, bench.say)[name].spent


def _clips(clips: Sequence[Clip]) -> tuple[Sequence[Clip], Clip]:
    """Those to time, and the one to warm up with."""
    named = {clip.id: clip for clip in clips}
    return ([named[LONG]], named[WARM_UP]) if LONG in named else split_off_one(clips)
