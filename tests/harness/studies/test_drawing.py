"""The picture of two errors: one scale on both axes, and no label behind another."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from harness.studies import drawing


def test_points_of_one_place_share_a_label_and_both_axes_one_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    figures: list[Figure] = []
    to_png = drawing.to_png
    monkeypatch.setattr(drawing, "to_png", lambda figure: figures.append(figure) or to_png(figure))
    found = [("a", 21.9, 14.6), ("b", 21.9, 14.6), ("c", 20.8, 5.2)]
    assert drawing.points("t", found, "across", "up").startswith(b"\x89PNG")
    (axes,) = figures[0].axes
    assert [text.get_text() for text in axes.texts] == ["a, b", "c"]
    here, right, above = axes.transData.transform([(0, 0), (1, 0), (0, 1)])
    assert np.isclose(right[0] - here[0], above[1] - here[1])
