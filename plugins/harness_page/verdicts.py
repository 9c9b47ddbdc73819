"""Which clips every method gets right, small enough for thousands of clips: a bit each."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import UsageError
from harness.leaderboard.details.scored import every_stream, predictions
from harness.leaderboard.table import Leaderboard
from harness.terminal import shown
from harness_page.plots import ranking_stream

if TYPE_CHECKING:
    from harness import RunRecord


def verdicts_of(board: Leaderboard, run: RunRecord) -> dict[str, Any]:
    """Clips with their classes, and the bits of every method by recogniser, in the stream that ranks.

    Bits are packed from the highest of a byte on and written in base64. Empty for a run without class scores.
    """
    try:
        scored = [one for one in every_stream(board, run) if one.stream == ranking_stream(board, one.recognizer)]
    except UsageError:  # no recogniser's cells are complete
        return {}
    first = scored[0].clips
    hits: dict[str, dict[str, str]] = {}
    for one in scored:
        own = hits.setdefault(shown(one.recognizer), {})
        for name, scores in one.rows.items():
            aligned = scores.aligned_to(first)
            right = np.packbits(predictions(aligned) == aligned.labels)
            own[shown(name)] = base64.b64encode(right.tobytes()).decode("ascii")
    return {
        "ids": [shown(clip) for clip in first.clips],
        "labels": first.labels.tolist(),
        "classes": [shown(name) for name in scored[0].classes],
        "hits": hits,
    }
