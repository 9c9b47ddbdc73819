"""Figures for a paper: every recogniser's accuracies, quality against accuracy, and pairs, in three formats."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from harness.errors import UsageError
from harness.leaderboard.pairs import plot as pairs_plot
from harness.leaderboard.plot import draw_accuracies, draw_quality
from harness.leaderboard.table import Leaderboard
from harness.leaderboard.views import with_accuracy

FORMATS = ("png", "svg", "pdf")
PAPER: dict[Any, Any] = {
    "font.family": "serif", "font.serif": ["Times New Roman", "Times", "STIXGeneral", "DejaVu Serif"],
    "mathtext.fontset": "stix", "pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "harness",
    "savefig.dpi": 300,
}  # fmt: skip
"""Fonts of a paper, kept as text, so that they can be searched and edited."""
METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}
"""Without what changes from one time to the next."""


def render(board: Leaderboard) -> dict[str, bytes]:
    """Files by name; the same bytes for the same table. Raises `UsageError` for a run without any accuracy."""
    with rc_context(PAPER):
        drawn = {f"{name}.{form}": _saved(figure, form) for name, figure in _figures(board) for form in FORMATS}
    if not drawn:
        raise UsageError("no accuracy was measured in this run, so there is nothing to draw")
    return drawn


def _figures(board: Leaderboard) -> Iterator[tuple[str, Figure]]:
    names = [name for name in board.recognizers if name is not None]
    for name in names:
        rows = with_accuracy(board.of(name))
        suffix = "" if len(names) == 1 else f"-{re.sub(r'[^A-Za-z0-9]+', '-', name)}"
        if rows:
            yield f"accuracy{suffix}", draw_accuracies(rows, name, board.floor)
        if rows and (quality := draw_quality(board, rows)) is not None:
            yield f"quality{suffix}", quality
    try:
        yield "pairs", pairs_plot.draw(board)
    except UsageError:  # no recogniser has both streams
        return


def _saved(figure: Figure, form: str) -> bytes:
    buffer = BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a letter that the font lacks is a box in the picture
        figure.savefig(buffer, format=form, metadata=METADATA[form])
    return buffer.getvalue()
