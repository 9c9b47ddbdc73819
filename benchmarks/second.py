"""What a second recogniser costs, in units of the time inside its own network."""

from __future__ import annotations

from contextlib import ExitStack

from harness_benchmarks.bench import Bench, Section
from harness_benchmarks.comparison import in_turns, split_off_one
from harness_benchmarks.grid import Grid
from harness_benchmarks.measuring import Timed

METHOD, FIRST, SECOND = "bicubic", "tsn", "stresnet"
ALONE, BOTH = "one recogniser", "two recognisers"
GOAL = 1.1


def measure(bench: Bench) -> Section:
    """Seconds with one recogniser and with two."""
    number = bench.sizes.second_clips
    with ExitStack() as folders:
        runs: list[Timed] = []
        for name, recognizer in ((ALONE, FIRST), (BOTH, f"{FIRST},{SECOND}")):
            request = bench.request(METHOD, number, recognizer=recognizer)
            work = bench.any_of(request)
            runs.append(bench.streamed(work, request, name, folders))
        clips, warm_up = split_off_one(work.context.plan.clips)
        timings = in_turns(runs, clips, warm_up, bench.say, block=1)
    one, two = (timings[name].spent / number for name in (ALONE, BOTH))
    named = runs[1].pipeline.networks.named
    forward = sum(seconds for label, seconds in named.items() if label.startswith(f"{SECOND}.")) / number
    cost = (two - one) / forward
    grid = Grid(
        f"A second recogniser: seconds a clip, {METHOD}, {FIRST} and then {SECOND} as well, {number} clip(s)",
        ["", "one", "two", "more", "inside its network", "ratio"],
        [["a clip", f"{one:.3f}", f"{two:.3f}", f"{two - one:.3f}", f"{forward:.3f}", f"{cost:.2f}"]],
    )
    lines = [f"The goal is at most {GOAL}: {'met' if cost <= GOAL else 'not met'}."]
    facts = {
        "clips": number, "first": FIRST, "second": SECOND, "seconds_a_clip_with_one": one,
        "seconds_a_clip_with_two": two, "seconds_a_clip_inside_its_network": forward, "cost": cost, "goal": GOAL,
    }  # fmt: skip
    return Section("second_recogniser", [grid], lines, facts, {"second recogniser: cost over its forward time": cost})
