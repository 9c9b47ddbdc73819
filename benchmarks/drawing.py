"""One picture: bars of stages for every pipeline, and all ratios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness_benchmarks.bench import Section
from harness_benchmarks.comparison import Result
from harness_benchmarks.measuring import STAGES
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = {
    "read": "#9ecae1", "degrade": "#6baed6", "restore": "#08519c", "flow": "#e6550d", "recognise": "#31a354",
    "measure": "#9e9ac8", "rest": "#bdbdbd",
}  # fmt: skip
GROWTH = "exponent"


def draw(path: Path, sections: Sequence[Section], where: str) -> None:
    """Write the picture as PNG."""
    bars = [(f"{_work(s)}\n{name}", share) for s in sections if s.result for name, share in _shares(s.result)]
    ratios = {name: value for section in sections for name, value in section.ratios.items()}
    figure = Figure(figsize=(11, 1.8 + 0.55 * len(bars) + 0.3 * len(ratios)), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=[0.55 * len(bars) + 0.6, 0.3 * len(ratios) + 0.4])
    _draw_stages(above, bars)
    _draw_ratios(below, ratios)
    figure.suptitle(where, fontsize=9, color="0.4")
    figure.savefig(path, dpi=110)


def _work(section: Section) -> str:
    """What a section's pipelines were given."""
    if "frames" not in section.facts:
        return f"{section.facts['clips']} clips"
    height, width = section.facts["size"]
    return f"{section.facts['frames']} frames of {width}x{height}"


def _shares(result: Result) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Stages of every pipeline in units of the time that the first one takes for everything."""
    for name, timing in result.timings.items():
        stages = {**timing.stages, "rest": max(0.0, timing.rest)}
        yield name, {stage: seconds / result.here.wall for stage, seconds in stages.items()}


def _draw_stages(axes: Axes, bars: Sequence[tuple[str, Mapping[str, float]]]) -> None:
    names = [name for name, _ in bars]
    left = [0.0] * len(bars)
    for stage in (*STAGES, "rest"):
        widths = [share[stage] for _, share in bars]
        axes.barh(names, widths, left=left, color=COLOURS[stage], label=stage, height=0.65)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    for place, end in enumerate(left):
        axes.text(end, place, f" {end:.2f}", va="center", fontsize=9)
    axes.invert_yaxis()
    axes.axvline(1, color="0.5", linewidth=0.8, linestyle=":")
    axes.set_xlim(0, 1.12 * max(left))
    axes.set_xlabel("time, in process = 1 (for each of the two lots of clips)")
    axes.legend(ncols=len(STAGES) + 1, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, fontsize=9)
    _plain(axes)


def _draw_ratios(axes: Axes, ratios: Mapping[str, float]) -> None:
    names = list(ratios)
    colours = ["#756bb1" if name.endswith(GROWTH) else "#636363" for name in names]
    axes.barh(names, [ratio - 1 for ratio in ratios.values()], left=1, color=colours, height=0.6)
    for place, ratio in enumerate(ratios.values()):
        axes.text(max(ratio, 1), place, f" {ratio:.2f}", va="center", fontsize=9)
    axes.set_xscale("log")
    axes.set_xlim(min(0.5, 0.8 * min(ratios.values())), 1.6 * max(2.0, *ratios.values()))
    axes.invert_yaxis()
    axes.axvline(1, color="0.3", linewidth=0.8)
    axes.set_xlabel("ratio (logarithmic); an exponent of 1 is growth in proportion")
    _plain(axes)


def _plain(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=9)
