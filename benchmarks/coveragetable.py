"""The result of the simulation as markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness_benchmarks.coverage import Case, Covered

GOAL = (0.93, 0.98)
FROM_GROUPS = 10
DASH = "\u2013"
WHY = (
    "Where hardly any clip is wrong, or hardly any differs between two methods, counts are so few that no interval can "
    "have just 95 %; differences are then held more often than promised."
)


def render(
    found: Sequence[Covered], intervals: Sequence[str], ranks: Sequence[tuple[int, float, float]], runs: int, seed: int
) -> str:
    """A summary of where the goal is met, then a table of each interval; `ranks` are those of rank correlations."""
    parts = [
        "# Coverage of the 95 % intervals",
        f"Share of {runs} simulated runs (seed {seed}) in which an interval held the truth, in percent. Made by "
        "`python -m harness_benchmarks.coverage`, which says what is simulated. The goal is 93 to 98 % from "
        f"{FROM_GROUPS} groups on; what is outside is **bold**. With {runs} runs a share of 95 % is seen with a "
        f"standard error of {100 * (0.95 * 0.05 / runs) ** 0.5:.1f}. A dash: fewer than half of the runs have the "
        "interval, because floor and ceiling are not told apart, or methods do not differ.",
        _summary(found, intervals),
        WHY,
    ]
    for name in intervals:
        parts += [f"## {name.capitalize()}", _table(found, name)]
    lines = [["methods", "true correlation", "coverage"], ["---:"] * 3]
    lines += [[str(methods), f"{truth:.2f}", f"{100 * share:.1f}"] for methods, truth, share in ranks]
    parts += ["## Spearman's rank correlation over methods", _markdown(lines)]
    return "\n\n".join(parts) + "\n"


def _summary(found: Sequence[Covered], intervals: Sequence[str]) -> str:
    lines = [
        ["interval", f"cases from {FROM_GROUPS} groups on", "below 93 %", "93 to 98 %", "above 98 %", "least", "most"],
        ["---", *["---:"] * 6],
    ]
    for name in intervals:
        shares = [s for one in found if one.case.groups >= FROM_GROUPS and (s := one.shares[name]) is not None]
        below, above = sum(s < GOAL[0] for s in shares), sum(s > GOAL[1] for s in shares)
        inside = len(shares) - below - above
        counts = [str(count) for count in (len(shares), below, inside, above)]
        lines.append([name, *counts, *(f"{100 * end(shares):.1f}" if shares else DASH for end in (min, max))])
    return _markdown(lines)


def _table(found: Sequence[Covered], name: str) -> str:
    accuracies = list(dict.fromkeys(one.case.accuracy for one in found))
    rows: dict[tuple[int, int, float], dict[float, str]] = {}
    for one in found:
        rows.setdefault(_row(one.case), {})[one.case.accuracy] = _cell(one.case, one.shares[name])
    head = ["groups", "clips a group", "correlation", *(f"at {100 * accuracy:g} %" for accuracy in accuracies)]
    lines = [head, ["---:"] * len(head)]
    for (groups, clips, correlation), cells in sorted(rows.items()):
        which = DASH if clips == 1 else f"{correlation:g}"
        lines.append([str(groups), str(clips), which, *(cells[accuracy] for accuracy in accuracies)])
    return _markdown(lines)


def _row(case: Case) -> tuple[int, int, float]:
    return case.groups, case.clips, case.correlation


def _cell(case: Case, share: float | None) -> str:
    if share is None:
        return DASH
    outside = case.groups >= FROM_GROUPS and not GOAL[0] <= share <= GOAL[1]
    return f"**{100 * share:.1f}**" if outside else f"{100 * share:.1f}"


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
