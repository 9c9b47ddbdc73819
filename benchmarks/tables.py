"""The result as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from harness_benchmarks.comparison import Result
from harness_benchmarks.measuring import STAGES
from rich.table import Table


def stages(result: Result) -> Table:
    """Seconds a clip by stage, of both pipelines."""
    table = _table(
        f"Seconds a clip: {', '.join(result.methods)}; mean of {result.clips} clips, {result.threads} thread(s)",
        ("stage", "in process", "networks, flow", "from files", "networks, flow", "ratio"),
    )
    a, b = result.streamed, result.files
    for stage in STAGES:
        inside = [_each(t.networks[stage], result) if stage in t.networks else "" for t in (a, b)]
        times = a.stages[stage], b.stages[stage]
        table.add_row(stage, _each(times[0], result), inside[0], _each(times[1], result), inside[1], _ratio(*times))
    table.add_row("rest", _each(a.rest, result), "", _each(b.rest, result), "", "", end_section=True)
    inside = [_each(t.in_networks, result) for t in (a, b)]
    table.add_row(
        "all", _each(a.wall, result), inside[0], _each(b.wall, result), inside[1], _ratio(a.wall, b.wall), style="bold"
    )
    return table


def shares(result: Result) -> Table:
    """Time in networks and flow against everything else, of both pipelines."""
    table = _table("Where the time goes", ("", "in process", "share", "from files", "share", "ratio"))
    a, b = result.streamed, result.files
    rows = (
        ("networks and flow", a.in_networks, b.in_networks),
        ("everything else", a.elsewhere, b.elsewhere),
        ("all", a.wall, b.wall),
    )
    for name, *times in rows:
        cells = [
            text
            for seconds, timing in zip(times, (a, b), strict=True)
            for text in (_each(seconds, result), f"{100 * seconds / timing.wall:.1f} %")
        ]
        table.add_row(name, *cells, _ratio(*times), style="bold" if name == "all" else None)
    return table


def answers(result: Result) -> list[str]:
    """Lines on how far the two pipelines agree."""
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


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name, justify="left" if name in columns[:1] else "right")
    return table


def _each(seconds: float, result: Result) -> str:
    return f"{seconds / result.clips:.3f}"


def _ratio(first: float, second: float) -> str:
    return f"{second / first:.1f}x" if first > 0 else ""
