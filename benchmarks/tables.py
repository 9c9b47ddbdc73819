"""The result of pipelines over the same clips, as tables and lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from harness_benchmarks.comparison import Result
from harness_benchmarks.grid import Grid, times
from harness_benchmarks.measuring import STAGES, Timing


def stages(result: Result) -> Grid:
    """Seconds a clip by stage, of every pipeline, and how many times as long the others take."""
    others = list(result.timings)[1:]
    columns = [text for name in result.timings for text in (name, "networks, flow")]
    title = f"Seconds a clip: {', '.join(result.methods)}; {_mean_of(result)}, {result.threads} thread(s)"
    rows = [[stage, *_cells(result, stage)] for stage in STAGES]
    rest = [text for timing in result.timings.values() for text in (_each(timing.rest, result), "")]
    whole = [
        text
        for timing in result.timings.values()
        for text in (_each(timing.wall, result), _each(timing.in_networks, result))
    ]
    ratios = [times(result.here.wall, result.timings[name].wall) for name in others]
    rows += [["rest", *rest, *("" for _ in others)], ["all", *whole, *ratios]]
    return Grid(title, ["stage", *columns, *(f"ratio, {name}" for name in others)], rows)


def shares(result: Result) -> Grid:
    """Time in networks and flow against everything else, of every pipeline."""
    columns = [text for name in result.timings for text in (name, "share")]
    others = list(result.timings)[1:]
    rows = []
    for name, of in _SPLIT:
        cells = [
            text
            for timing in result.timings.values()
            for text in (_each(of(timing), result), f"{100 * of(timing) / timing.wall:.1f} %")
        ]
        rows.append([name, *cells, *(times(of(result.here), of(result.timings[other])) for other in others)])
    return Grid("Where the time goes", ["", *columns, *(f"ratio, {name}" for name in others)], rows)


def answers(result: Result) -> list[str]:
    """Lines on how far the first two pipelines agree."""
    lines = []
    for d in result.differences:
        unit = {"psnr_y": " dB"}.get(d.probe, "")
        top1 = "" if d.same_top1 is None else f"; same top-1 in {100 * d.same_top1:.1f} % of (method, clip)"
        lines.append(f"{d.probe}: largest difference {d.largest:.1e}{unit}{top1}")
    return lines


def left_out(result: Result) -> list[str]:
    """A line on the recognisers that were not timed; none where all were."""
    names = ", ".join(result.left_out)
    return [f"Left out, as the pipeline from files cannot run them: {names}."] if names else []


def verdicts(result: Result) -> Iterator[str]:
    """A line for every other pipeline."""
    for name, timing in list(result.timings.items())[1:]:
        yield (
            f"{name[0].upper()}{name[1:]}: {timing.wall / result.here.wall:.1f} times as long; "
            f"{timing.elsewhere / result.here.elsewhere:.1f} times as long outside networks and flow."
        )


_SPLIT: Sequence[tuple[str, Callable[[Timing], float]]] = (
    ("networks and flow", lambda timing: timing.in_networks),
    ("everything else", lambda timing: timing.elsewhere),
    ("all", lambda timing: timing.wall),
)


def _cells(result: Result, stage: str) -> list[str]:
    cells = [
        text
        for timing in result.timings.values()
        for text in (_each(timing.stages[stage], result), _inside(timing, stage, result))
    ]
    first, *others = (timing.stages[stage] for timing in result.timings.values())
    return [*cells, *(times(first, other) for other in others)]


def _inside(timing: Timing, stage: str, result: Result) -> str:
    return _each(timing.networks[stage], result) if stage in timing.networks else ""


def _mean_of(result: Result) -> str:
    return f"mean of {result.clips} clips" if result.clips > 1 else "one clip"


def _each(seconds: float, result: Result) -> str:
    return f"{seconds / result.clips:.3f}"
