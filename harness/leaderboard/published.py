"""Published numbers as columns of the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.leaderboard.accuracy import STREAMS

Record = dict[str, Any]
MEASURED = "top1_mean_class"
"""What published accuracies are compared with: TSN's evaluation prints mean class accuracy under the name accuracy."""


def with_published(records: Sequence[Record], info: Mapping[str, Any], fusion: tuple[float, float]) -> list[Record]:
    """The records with ``STREAM_published`` and ``STREAM_difference`` (measured less published), None where missing.

    Nothing is added to a run that no published number holds for; fused numbers only for the benchmark's weights.
    """
    numbers = (info.get("published") or {}).get("numbers", [])
    if not numbers:
        return list(records)
    same_fusion = fusion == tuple(info["benchmark"]["fusion"])
    known = {
        (n["recognizer"], n["method"], n["stream"]): float(n["top1"])
        for n in numbers
        if same_fusion or n["stream"] != "fusion"
    }
    return [{**record, **_columns(record, known)} for record in records]


def published_notes(info: Mapping[str, Any]) -> list[str]:
    """Where published numbers come from, and why some are not shown."""
    found = info.get("published")
    if not found:
        return []
    sources = "; ".join(found["sources"])
    notes = [f"Published numbers: {sources}. They are compared with mean class accuracy."] if found["numbers"] else []
    if found["reasons"]:
        which = "Of these, not shown" if found["numbers"] else f"Published numbers ({sources}) are not shown"
        notes.append(f"{which}: {'; '.join(found['reasons'])}.")
    return notes


def has_published(records: Sequence[Record]) -> bool:
    """Whether some record has a published number."""
    return any(record.get(f"{stream}_published") is not None for record in records for stream in STREAMS)


def _columns(record: Record, known: Mapping[tuple[str | None, str, str], float]) -> Record:
    columns: Record = {}
    for stream in STREAMS:
        published = known.get((record["recognizer"], record["sr"], stream))
        measured = record[f"{stream}_{MEASURED}"]
        both = published is not None and measured is not None
        columns[f"{stream}_published"] = published
        columns[f"{stream}_difference"] = round(measured - published, 6) if both else None
    return columns
