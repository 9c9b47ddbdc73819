"""Which share of the gap between floor and ceiling a method closes, with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.statistics.panel import Panel


@dataclass(frozen=True)
class Recovery:
    """A share of the gap, 0 at the floor and 1 at the ceiling, with the ends of its 95 % interval.

    The ends are NaN for floor and ceiling themselves, whose shares are what the scale is made of.
    """

    value: float
    low: float = math.nan
    high: float = math.nan


def recovery(panel: Panel, column: int, floor: int, ceiling: int) -> Recovery | None:
    """What a column of hits recovers of the gap between two others.

    None unless the ceiling is told apart from the floor, and above it: there is no share of a gap that may be nothing.
    The interval is Fieller's, of the ratio of two paired differences, with variances between groups and the quantile
    of Student's t; two more clips, one gained and one lost, keep it from being empty where a method never differs.
    Source: E. C. Fieller, J. Royal Stat. Soc. B 16, 1954.
    """
    gap = panel.difference([ceiling], [floor])
    if not (gap.told_apart and gap.low > 0):
        return None
    if column in (floor, ceiling):
        return Recovery(float(column == ceiling))
    clips = len(panel.hit)
    gains = (panel.totals[:, [column, ceiling]] - panel.totals[:, [floor]]) / clips
    x, y = gains.sum(axis=0).tolist()
    residuals = gains - panel.clusters.sizes[:, None] / clips * gains.sum(axis=0)
    factor = panel.clusters.number / (panel.clusters.number - 1)
    (xx, xy), (_, yy) = (factor * residuals.T @ residuals).tolist()
    return _fieller(x, y, xx + 2 / (clips + 2) ** 2, xy, yy, panel.clusters.quantile)


def _fieller(x: float, y: float, xx: float, xy: float, yy: float, quantile: float) -> Recovery | None:
    """The ratio x / y from two estimates, their variances and covariance; None where its interval has no end."""
    a, b, c = (first - quantile**2 * second for first, second in ((y * y, yy), (x * y, xy), (x * x, xx)))
    if a <= 0:
        return None
    root = math.sqrt(max(b * b - a * c, 0.0))
    return Recovery(x / y, (b - root) / a, (b + root) / a)
