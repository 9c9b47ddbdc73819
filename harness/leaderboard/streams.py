"""From the cells of one recogniser to the accuracy columns of every row: spatial, temporal and fused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.leaderboard.accuracy import STREAMS, measure_stream
from harness.leaderboard.cells import CellRow
from harness.leaderboard.rows import Row
from harness.statistics import Scores, fuse

BY_RANK = ("fusion", "spatial", "temporal")


def measure_accuracy(
    rows: Sequence[Row], cells: Sequence[CellRow], recognizer: str | None, weights: tuple[float, float]
) -> tuple[dict[str, dict[str, Any]], float | None]:
    """Accuracy columns by row, and the difference that can be told apart in the stream that ranks.

    Raises `RunFolderError` where scores cannot be joined by clip id.
    """
    streams = stream_scores(rows, [cell for cell in cells if cell.recognizer == recognizer], weights)
    columns: dict[str, dict[str, Any]] = {row.name: {} for row in rows}
    detectable: dict[str, float | None] = {}
    for stream, scored in streams.items():
        measured, detectable[stream] = measure_stream(stream, scored)
        for name, found in measured.items():
            columns[name] |= {**found, "clips": len(scored[name].clips)}
    ranked = headline(columns.values())
    for found in columns.values():
        found["recovered"] = found.get(f"{ranked}_recovered")
    return columns, detectable[ranked]


def headline(records: Iterable[Mapping[str, Any]]) -> str:
    """The stream that ranks methods: the fusion, or the only stream a recogniser has."""
    records = list(records)
    known = (s for s in BY_RANK if any(record.get(f"{s}_top1") is not None for record in records))
    return next(known, BY_RANK[0])


def stream_scores(
    rows: Sequence[Row], cells: Sequence[CellRow], weights: tuple[float, float]
) -> dict[str, dict[str, Scores]]:
    """Scores of one recogniser's cells by stream and row, where they are complete.

    The scores of a joint stream are the fusion, whatever the `weights`; those of its classifiers are the streams.
    """
    joint = {(cell.method, cell.temporal): cell for cell in cells if cell.temporal is not None}
    known = {(cell.stream, cell.method): scores for cell in cells if (scores := cell.scores) is not None}
    streams: dict[str, dict[str, Scores]] = {stream: {} for stream in STREAMS}
    for row in rows:
        if (row.spatial, row.temporal) in joint:
            _add_joint(streams, row.name, joint[row.spatial, row.temporal])
            continue
        spatial, temporal = known.get(("spatial", row.spatial)), known.get(("temporal", row.temporal))
        if spatial is not None:
            streams["spatial"][row.name] = spatial
        if temporal is not None:
            streams["temporal"][row.name] = temporal
        if spatial is not None and temporal is not None:
            streams["fusion"][row.name] = fuse(spatial, temporal, weights)
    return streams


def _add_joint(streams: dict[str, dict[str, Scores]], row: str, cell: CellRow) -> None:
    columns = {"spatial": "spatial_scores", "temporal": "temporal_scores", "fusion": "scores"}
    found = {stream: cell.scores_in(column) for stream, column in columns.items()}
    for stream, scores in found.items():
        if scores is not None:
            streams[stream][row] = scores
