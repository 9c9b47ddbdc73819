"""Agreement of two rankings, and p-values adjusted for many comparisons."""

from __future__ import annotations

import numpy as np

from harness.statistics.scores import Floats


def kendall_tau(first: Floats, second: Floats) -> Floats:
    """Kendall's tau-b of every row: two ``(..., k)`` to ``(...)``, from -1 to 1; NaN where one side is all ties.

    Source: M. G. Kendall, The treatment of ties in ranking problems, Biometrika 33, 1945.
    """
    i, j = np.triu_indices(first.shape[-1], k=1)
    signs = [np.sign(values[..., i] - values[..., j]) for values in (first, second)]
    untied = [np.count_nonzero(sign, axis=-1).astype(np.float64) for sign in signs]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((signs[0] * signs[1]).sum(axis=-1) / np.sqrt(untied[0] * untied[1]))


def holm(p_values: Floats) -> Floats:
    """Adjusted p-values ``(m,)``: those below a level are significant at that level over all m comparisons together.

    Source: S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6, 1979.
    """
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(steps)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted
