"""Several runs of one protocol as one: the cells of all, each once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from harness.errors import UsageError
from harness.running.reading import RunRecord, joined, load_run

SETTING = ("name", "dataset", "split", "scale", "degradation", "fusion")
"""What of a benchmark must be the same; its methods, pairs and notes may differ."""
TOLD = "decoder"
"""Of the protocol, what may differ: it is said below the table."""
NAMES = ("method", "temporal", "probe")


def load_runs(paths: Sequence[str | Path], protocol: str | None = None) -> RunRecord:
    """Read run folders as one run; `protocol` as in `load_run`.

    Raises as `load_run` does, and `UsageError` that names the difference where runs are not of one protocol.
    """
    return merged([load_run(path, protocol) for path in paths])


def merged(records: Sequence[RunRecord]) -> RunRecord:
    """Runs as one. Of a cell that several have, the first one's numbers are taken."""
    first, *rest = records
    for other in rest:
        require_same_protocol(first, other)
    found = first
    for other in rest:
        found = _with(found, other)
    return found


def require_same_protocol(first: RunRecord, other: RunRecord) -> None:
    """Raise `UsageError` that names the first difference between the protocols of two runs."""
    for what, here, there in _differences(first.info, other.info):
        raise UsageError(
            f"{first.path} and {other.path} are of two protocols: {what} is {here} in the first and {there} in the "
            "second; a table holds runs of one protocol"
        )


def _differences(first: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    for key in SETTING:
        here, there = (info["benchmark"].get(key) for info in (first, other))
        if here != there:
            yield f"the benchmark's {key}", here, there
    for key in first["protocol"].keys() & other["protocol"].keys() - {TOLD}:
        here, there = (info["protocol"][key] for info in (first, other))
        if here != there:
            yield key, here, there
    for key, words in (("split_digest", "the digest of the clips"), ("clips", "the number of clips")):
        here, there = (info["plan"].get(key) for info in (first, other))
        if here != there:
            yield words, here, there


def _with(first: RunRecord, other: RunRecord) -> RunRecord:
    new = other.cells[~other.cells["cell"].isin(set(first.cells["cell"]))]
    _refuse_twins(first, other, new)
    clips = other.clips[other.clips["cell"].isin(set(new["cell"]))]
    return RunRecord(
        path=first.path,
        info=_info(first, other),
        cells=pd.concat([first.cells, new], ignore_index=True) if len(new) else first.cells,
        clips=joined([first.clips, clips]),
        remarks=tuple(dict.fromkeys((*first.remarks, *other.remarks, *_told(first, other)))),
        others=(*first.others, other.path),
    )


def _refuse_twins(first: RunRecord, other: RunRecord, new: pd.DataFrame) -> None:
    """Raise `UsageError` for two cells of one name that are not the same, such as of two checkpoints."""
    taken = set(_names(first.cells))
    for name in _names(new):
        if name in taken:
            method = "+".join(dict.fromkeys(str(part) for part in name[:2] if part))
            raise UsageError(
                f"{first.path} and {other.path} both have {method} seen by {name[2]}, but not the same (other weights, "
                "options or code); run one of them again under a label, --sr LABEL=NAME, or leave one out"
            )


def _names(cells: pd.DataFrame) -> list[tuple[str | None, ...]]:
    return [
        tuple(None if pd.isna(value) else str(value) for value in row)
        for row in cells[list(NAMES)].itertuples(index=False)
    ]


def _told(first: RunRecord, other: RunRecord) -> list[str]:
    here, there = (record.info["protocol"].get(TOLD) for record in (first, other))
    return [f"{first.path} was decoded by {here}, {other.path} by {there}."] if here != there else []


def _info(first: RunRecord, other: RunRecord) -> dict[str, Any]:
    a, b = first.info, other.info
    plan = {**a["plan"], "pairs": _union(a["plan"].get("pairs", ()), b["plan"].get("pairs", ()))}
    return {
        **a,
        "plan": plan,
        "protocol": {**b["protocol"], **a["protocol"]},
        "weights": {**b.get("weights", {}), **a.get("weights", {})},
        "published": _published(a.get("published"), b.get("published")),
        "columns": _union(a.get("columns", ()), b.get("columns", ())),
        "cells": _union(a.get("cells", ()), b.get("cells", ())),
        "commands": [*a.get("commands", [a.get("command", [])]), b.get("command", [])],
    }


def _published(first: dict[str, Any] | None, other: dict[str, Any] | None) -> dict[str, Any] | None:
    if not first or not other:
        return first or other
    return {key: _union(first.get(key, ()), other.get(key, ())) for key in {**first, **other}}


def _union(first: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    return [*first, *(item for item in other if item not in first)]
