"""Runs of any size made through the public tables, with names that break what does not escape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness import RunRecord
from harness.contracts import ClipFrames
from harness.running.reading import joined
from harness.running.rows import CELL_COLUMNS

HOSTILE = ("<script>alert(1)</script>", "a|b", "$\\input{x}$", "=1+1", "[/x]", "\x1b[31mred")
FAMILIES = ("pixel", "perceptual", "multi-frame")
BOTH = ("spatial", "temporal")
MakeRun = Callable[..., RunRecord]


def make_run(
    *names: str, recognizers: int = 1, clips: int = 48, classes: int = 6, streams: Sequence[str] = BOTH
) -> RunRecord:
    """A run of these methods with floor and ceiling; a later one is right more often, and has the higher PSNR."""
    rng = np.random.default_rng(0)
    labels = np.arange(clips) % classes
    groups = [f"g{place // 6:03d}" for place in range(clips)]
    base = pd.DataFrame({"clip": [f"clip{place:04d}" for place in range(clips)], "label": labels, "group": groups})
    hard = rng.normal(size=clips)
    cells: list[dict[str, Any]] = []
    tables: list[pd.DataFrame] = []

    def add(method: str, probe: str, numbers: dict[str, Any], **facts: Any) -> None:
        family = FAMILIES[names.index(method) % 3] if method in names else ""
        own = {"cell": f"{method}-{probe}", "method": method, "probe": probe, "status": "ok", "clips": clips}
        cells.append({**dict.fromkeys(CELL_COLUMNS), **own, "params": 1000, "family": family, **facts})
        shared = {key: cells[-1][key] for key in ("cell", "method", "probe", "recognizer", "stream")}
        tables.append(base.assign(seconds=0.1, **shared, **numbers))

    for place, method in enumerate(("bicubic", *names, "hr")):
        if method != "hr":
            add(method, "psnr_y", {"psnr_y": 25.0 + place / 10 + rng.normal(size=clips)})
        add(method, "speed", {"restored_frames": 10, "restore_seconds": 0.1 + place / 100})
        for recognizer in (f"rec{number}" for number in range(recognizers)):
            for stream in streams:
                scores = rng.normal(size=(clips, classes)).astype(np.float32)
                scores[np.arange(clips), labels] += 1.5 + hard + 2.0 * place / (len(names) + 1)
                add(method, f"{recognizer}.{stream}", {"scores": list(scores)}, recognizer=recognizer, stream=stream)
    info = {
        "schema_version": 1,
        "benchmark": {"name": "toy", "title": "toy: <b>made</b>", "fusion": [1.0, 1.5], "notes": ["</p><i>note"]},
        "plan": {"clips": clips, "dataset_clips": clips, "limit": None, "pairs": [],
                 "classes": [f"class {number}" for number in range(classes)]},
        "protocol": {"degradation": "bicubic:scale=4", "flow": "dis"},
        "command": ["harness", "run", "--sr", "$(rm -rf x)"],
        "environment": {"python": "3.11", "packages": {"torch": "2.6"}},
    }  # fmt: skip
    return RunRecord(Path("nowhere"), info, pd.DataFrame(cells, columns=list(CELL_COLUMNS)), joined(tables))


def made_frames(clip: str, methods: Sequence[str]) -> ClipFrames:
    """Six frames of a square that moves to the right, in another shade by every method."""
    sr, flow = {}, {}
    for place, method in enumerate(methods):
        frames = np.full((6, 32, 48, 3), 20 + place, np.uint8)
        for time in range(6):
            frames[time, 8:20, 4 + 5 * time : 14 + 5 * time] = (200, 80, 255 - 30 * place)
        sr[method] = frames
        flow[method] = np.zeros((5, 2, 32, 48), np.float32)
        flow[method][:, 0, 8:20] = 5.0 - place
    return ClipFrames(3, sr[methods[0]][:, ::4, ::4].copy(), sr, flow)


@pytest.fixture(scope="session")
def new_run() -> MakeRun:
    return make_run


@pytest.fixture(scope="session")
def restore() -> Callable[[str, Sequence[str]], ClipFrames]:
    return made_frames


@pytest.fixture(scope="session")
def hostile() -> tuple[str, ...]:
    return HOSTILE
