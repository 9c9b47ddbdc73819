"""From the cells of one recogniser to the accuracies of every row: spatial, temporal and fused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.leaderboard.accuracy import measure_stream
from harness.leaderboard.cells import CellRow
from harness.leaderboard.contenders import Contender
from harness.leaderboard.notes import detectable_note, extremes_note, gap_note
from harness.leaderboard.row import Accuracy
from harness.specs import FLOOR, SCORED
from harness.statistics import Scores, fuse

BY_RANK = ("fusion", "spatial", "temporal")


@dataclass(frozen=True)
class Accuracies:
    """Accuracy by stream of one row, that of the stream which ranks, and over how many clips."""

    streams: Mapping[str, Accuracy] = field(default_factory=dict)
    ranking: Accuracy = field(default_factory=Accuracy)
    clips: int | None = None


def measure_accuracy(
    contenders: Sequence[Contender],
    cells: Sequence[CellRow],
    recognizer: str | None,
    weights: tuple[float, float],
    floor: str = FLOOR,
) -> tuple[dict[str, Accuracies], list[str]]:
    """Accuracies by row, and what there is to say about them.

    Raises `RunFolderError` if scores cannot be joined by clip id.
    """
    scores = stream_scores(contenders, [cell for cell in cells if cell.recognizer == recognizer], weights)
    measured = {stream: measure_stream(own, floor) for stream, own in scores.items()}
    names = [contender.name for contender in contenders]
    streams = {name: {s: rows.get(name, Accuracy()) for s, (rows, _) in measured.items()} for name in names}
    ranked = headline(streams.values())
    clips = {name: len(own.clips) for rows in scores.values() for name, own in rows.items()}
    found = {name: Accuracies(own, own[ranked], clips.get(name)) for name, own in streams.items()}
    rows, detectable = measured[ranked]
    notes = [*detectable_note(recognizer, detectable), *gap_note(recognizer, rows, floor)]
    for stream, own in scores.items():
        for each in list(own.values())[:1]:
            notes += extremes_note(f"{recognizer}, {stream}", measured[stream][0], each.values.shape[1])
    return found, notes


def headline(rows: Iterable[Mapping[str, Accuracy]]) -> str:
    """The stream that ranks methods: the fusion, or the only stream a recogniser has."""
    rows = list(rows)
    known = (stream for stream in BY_RANK if any(row[stream].top1 is not None for row in rows))
    return next(known, BY_RANK[0])


def stream_scores(
    contenders: Sequence[Contender], cells: Sequence[CellRow], weights: tuple[float, float]
) -> dict[str, dict[str, Scores]]:
    """Scores of one recogniser's cells by stream and row, if they are complete.

    The scores of a joint stream are the fusion, whatever the `weights`; those of its classifiers are the streams.
    """
    joint = {(cell.method, cell.temporal): cell for cell in cells if cell.temporal is not None}
    known = {(cell.stream, cell.method): scores for cell in cells if (scores := cell.scores) is not None}
    streams: dict[str, dict[str, Scores]] = {stream: {} for stream in SCORED}
    for one in contenders:
        if (one.spatial, one.temporal) in joint:
            _add_joint(streams, one.name, joint[one.spatial, one.temporal])
            continue
        spatial, temporal = known.get(("spatial", one.spatial)), known.get(("temporal", one.temporal))
        if spatial is not None:
            streams["spatial"][one.name] = spatial
        if temporal is not None:
            streams["temporal"][one.name] = temporal
        if spatial is not None and temporal is not None:
            streams["fusion"][one.name] = fuse(spatial, temporal, weights)
    return streams


def _add_joint(streams: dict[str, dict[str, Scores]], name: str, cell: CellRow) -> None:
    columns = {"spatial": "spatial_scores", "temporal": "temporal_scores", "fusion": "scores"}
    found = {stream: cell.scores_in(column) for stream, column in columns.items()}
    for stream, scores in found.items():
        if scores is not None:
            streams[stream][name] = scores
