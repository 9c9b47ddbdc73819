"""How often the intervals that the program prints hold the truth: a simulation with clips in groups, and its table.

    python -m harness_benchmarks.coverage --out reports/coverage.md

Each group has its own accuracy, drawn from a beta distribution whose intra-class correlation is given, and methods
mostly fail in the same groups and on the same clips, as they do. Classes are of unequal size. A measure of the picture
is larger where a clip is recognised, by more in some groups than in others.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from harness_benchmarks.coveragetable import render
from scipy.special import betaincinv, expit, logit, ndtr

from harness.statistics import (
    Panel,
    accuracy_interval,
    concordance,
    gamma_interval,
    mean_class_interval,
    mean_interval,
    recovery,
    spearman,
)
from harness.statistics.scores import Bools, Floats

ACCURACIES = (0.5, 0.7, 0.88, 0.958, 0.99)
GROUPS, CLIPS, CORRELATIONS = (5, 10, 24, 50, 200), (1, 6, 30), (0.05, 0.15)
ALIKE = 0.7
"""Correlation of what methods find difficult."""
CLASSES = 5
FLOOR, METHOD, TWIN, CEILING = range(4)
STEP = 0.75
"""Between the log odds of floor, methods and ceiling."""
LIFT, LIFT_SPREAD = 1.0, 0.5
"""By how much a measure is larger where a clip is recognised, in units of its noise: mean and spread over groups."""
INTERVALS = (
    "accuracy and top-5",
    "mean class accuracy",
    "gain of an equal method",
    "gain",
    "mean of two less another",
    "recovered",
    "gamma within clips",
    "difference of a measure",
)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Case:
    """What is simulated: accuracy of the methods (0 to 1), groups, clips a group, correlation within groups."""

    accuracy: float
    groups: int
    clips: int
    correlation: float


@dataclass(frozen=True)
class Covered:
    """By interval the share of runs in which it held the truth; None where under half of the runs had one."""

    case: Case
    shares: dict[str, float | None]


def all_cases() -> list[Case]:
    """Every combination; with one clip a group the correlation changes nothing."""
    grid = product(ACCURACIES, GROUPS, CLIPS, CORRELATIONS)
    return [Case(*facts) for facts in grid if facts[2] > 1 or facts[3] == CORRELATIONS[0]]


def coverage(case: Case, runs: int, seed: int = 0) -> Covered:
    """Simulate one case."""
    rng = np.random.default_rng([seed, *(int(1000 * x) for x in vars(case).values())])
    truth = expit(logit(case.accuracy) + STEP * np.array([-1, 0, 0, 1]))
    hit = draw(rng, case, truth, runs)
    names = [str(i // case.clips) for i in range(len(hit))]
    # classes of unequal size, all in every group
    labels = rng.choice(CLASSES, size=len(hit), p=np.arange(1, CLASSES + 1) / 15)
    held = {
        "accuracy and top-5": _holds(accuracy_interval(hit[:, METHOD], names), 100 * truth[METHOD]),
        "mean class accuracy": _holds(mean_class_interval(hit[:, METHOD], labels, names), 100 * truth[METHOD]),
        **{name: np.full(runs, np.nan) for name in INTERVALS[2:6]},
        **_measure(rng, hit, names),
    }
    for run in range(runs):
        _pairs(held, run, Panel(hit[:, :, run], names), truth)
    return Covered(case, {name: _share(held[name]) for name in INTERVALS})


def draw(rng: np.random.Generator, case: Case, truth: Floats, runs: int) -> Bools:
    """Hits ``(n, methods, runs)`` of methods with the accuracies `truth` ``(methods,)``."""

    def common(number: int) -> Floats:
        shared, own = rng.normal(size=(number, 1, runs)), rng.normal(size=(number, len(truth), runs))
        return np.asarray(ndtr(np.sqrt(ALIKE) * shared + np.sqrt(1 - ALIKE) * own))

    spread = (1 / case.correlation - 1) * truth[:, None]
    shares = betaincinv(spread, spread / truth[:, None] - spread, common(case.groups))
    return np.asarray(common(case.groups * case.clips) < np.repeat(shares, case.clips, axis=0))


def _pairs(held: dict[str, Floats], run: int, panel: Panel, truth: Floats) -> None:
    """Fills in whether the intervals of comparisons held the truth."""
    sides = (("gain of an equal method", [METHOD], TWIN), ("gain", [METHOD], FLOOR),
             ("mean of two less another", [TWIN, CEILING], METHOD))  # fmt: skip
    for name, first, second in sides:
        found = panel.difference(first, [second])
        held[name][run] = found.low - 1e-9 <= 100 * (truth[first].mean() - truth[second]) <= found.high + 1e-9
    share = recovery(panel, METHOD, FLOOR, CEILING)
    if share is not None:
        right = (truth[METHOD] - truth[FLOOR]) / (truth[CEILING] - truth[FLOOR])
        held["recovered"][run] = share.low <= right <= share.high


def _measure(rng: np.random.Generator, hit: Bools, names: Sequence[str]) -> dict[str, Floats]:
    """Whether the intervals of a measure held the truth: of its gamma with hits, and of its mean difference."""
    lift = rng.normal(LIFT, LIFT_SPREAD, size=(len(hit), 1, hit.shape[2]))
    lift = lift[np.unique(np.asarray(names, dtype=str), return_inverse=True)[1]]
    values = lift * hit + rng.normal(size=hit.shape)
    order, every = zip(*(concordance(values[:, :, run], hit[:, :, run]) for run in range(hit.shape[2])), strict=True)
    gamma = 2 * ndtr(LIFT / np.sqrt(2 + LIFT_SPREAD**2)) - 1
    low, high = gamma_interval(np.stack(order, axis=1), np.stack(every, axis=1), names)
    known = np.where(np.isnan(low), np.nan, (low <= gamma) & (gamma <= high))
    change = mean_interval(lift[:, 0] + rng.normal(size=lift[:, 0].shape), names)
    return {"gamma within clips": known, "difference of a measure": _holds(change, LIFT)}


def _holds(ends: tuple[Floats, Floats], truth: float) -> Floats:
    return ((ends[0] <= truth) & (truth <= ends[1])).astype(np.float64)


def _share(held: Floats) -> float | None:
    known = held[~np.isnan(held)]
    return float(known.mean()) if 2 * len(known) >= len(held) else None


def simulate(cases: Sequence[Case], runs: int, seed: int, workers: int) -> list[Covered]:
    """All cases, over some processes; the same numbers whatever their number."""
    largest_first = sorted(cases, key=lambda case: -case.groups * case.clips)
    with ProcessPoolExecutor(workers) as pool:
        found = dict(zip(largest_first, pool.map(partial(coverage, runs=runs, seed=seed), largest_first), strict=True))
    return [found[case] for case in cases]


def rank_correlations(runs: int, seed: int) -> list[tuple[int, float, float]]:
    """Number of methods, true Spearman correlation of a measure and accuracy, and the coverage of its interval."""
    found = []
    for methods, pearson in product((5, 8, 17), (0.0, 0.5, 0.9)):
        rng = np.random.default_rng([seed, methods, int(10 * pearson)])
        truth, held = 6 / np.pi * np.arcsin(pearson / 2), 0
        for _ in range(runs):
            shared, other = rng.normal(size=(2, methods))
            _, low, high = spearman(shared, pearson * shared + np.sqrt(1 - pearson**2) * other)
            held += bool(low <= truth <= high)
        found.append((methods, truth, held / runs))
    return found


@app.command()
def main(
    out: Annotated[Path, typer.Option(help="The table, as markdown.")] = Path("reports/coverage.md"),
    runs: Annotated[int, typer.Option(min=1, help="Simulated runs of each case.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the random numbers.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> None:
    """Simulate the coverage of every interval that the program prints."""
    found = simulate(all_cases(), runs, seed, workers)
    out.write_text(render(found, INTERVALS, rank_correlations(runs, seed), runs, seed))


if __name__ == "__main__":
    app()
