"""Published numbers beside the measured ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.leaderboard.row import Accuracy, Comparison, Row, tidy


def with_published(rows: Sequence[Row], info: Mapping[str, Any], fusion: tuple[float, float]) -> list[Row]:
    """The rows with published numbers and the differences from them, None if missing.

    TSN's evaluation prints mean class accuracy under the name accuracy, so that is what they are compared with.
    Nothing is added if no published number holds for the run; fused numbers only for the benchmark's weights.
    """
    numbers = (info.get("published") or {}).get("numbers", [])
    if not numbers:
        return list(rows)
    same_fusion = fusion == tuple(info["benchmark"]["fusion"])
    known = {
        (n["recognizer"], n["method"], n["stream"]): float(n["top1"])
        for n in numbers
        if same_fusion or n["stream"] != "fusion"
    }
    return [replace(row, published=_compared(row, known)) for row in rows]


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


def _compared(row: Row, known: Mapping[tuple[str | None, str, str], float]) -> dict[str, Comparison]:
    return {
        stream: _comparison(known.get((row.recognizer, row.sr, stream)), accuracy)
        for stream, accuracy in row.streams.items()
    }


def _comparison(published: float | None, accuracy: Accuracy) -> Comparison:
    measured = accuracy.top1_mean_class
    if published is None or measured is None:
        return Comparison(published)
    return Comparison(published, tidy("difference", measured - published))
