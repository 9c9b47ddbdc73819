"""A run with known accuracies, as `harness.load_run` returns it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.running.reading import ROW_COLUMNS, RunRecord
from harness.running.rows import CELL_COLUMNS

CLASSES = 12
Cell = dict[str, Any]


class RunMaker:
    """Collects cells. Clip i has label ``i % classes`` and belongs to group ``i // 6``."""

    def __init__(self, clips: int = 144) -> None:
        self.labels = np.arange(clips) % CLASSES
        self.groups = [f"g{i // 6:02d}" for i in range(clips)]
        self.ids = [f"clip{i:03d}" for i in range(clips)]
        self.cells: list[Cell] = []
        self.rows: list[dict[str, Any]] = []

    def stream(self, method: str, stream: str, right: list[int] | int, recognizer: str = "tsn", **facts: Any) -> None:
        """A recogniser cell in which exactly the named clips (or the first so many) are right, by a margin of 1."""
        right = list(range(right)) if isinstance(right, int) else right
        answers = np.where(np.isin(np.arange(len(self.ids)), right), self.labels, (self.labels + 1) % CLASSES)
        scores = np.eye(CLASSES, dtype=np.float32)[answers]
        self.scores(method, stream, scores, recognizer, **facts)

    def scores(self, method: str, stream: str, scores: Any, recognizer: str = "tsn", **facts: Any) -> None:
        cell = self._cell(method, f"{recognizer}.{stream}", recognizer=recognizer, stream=stream, **facts)
        self._rows(cell, [{"scores": s} for s in scores])

    def probe(self, method: str, probe: str, **numbers: Any) -> None:
        """A cell of another probe; each number is one for all clips or a list with one a clip."""
        cell = self._cell(method, probe)
        columns = {k: v if isinstance(v, list) else [v] * len(self.ids) for k, v in numbers.items()}
        self._rows(cell, [{k: v[i] for k, v in columns.items()} for i in range(len(self.ids))])

    def stopped(self, method: str, probe: str, status: str | None, reason: str | None = None, **facts: Any) -> None:
        self._cell(method, probe, status=status, reason=reason, **facts)

    def record(self, **plan: Any) -> RunRecord:
        title = "toy: a run made by hand"
        info = {
            "schema_version": 1,
            "benchmark": {"name": "toy", "title": title, "fusion": [1.0, 1.5], "notes": ["narrow nets"]},
            "plan": {"clips": len(self.ids), "dataset_clips": len(self.ids), "limit": None, "pairs": [], **plan},
            "protocol": {"degradation": "bicubic:scale=4", "flow": "dis:a=1|b=2", "decoder": "PyAV"},
        }
        clips = pd.DataFrame(self.rows)
        clips = clips.reindex(columns=list(dict.fromkeys([*ROW_COLUMNS, *clips.columns])))
        return RunRecord(Path("nowhere"), info, pd.DataFrame(self.cells, columns=list(CELL_COLUMNS)), clips)

    def _cell(self, method: str, probe: str, **facts: Any) -> Cell:
        identity = {"cell": f"{method}-{probe}-0123", "method": method, "probe": probe}
        cell = {**dict.fromkeys(CELL_COLUMNS), **identity, "status": "ok", "clips": len(self.ids), **facts}
        self.cells.append(cell)
        return cell

    def _rows(self, cell: Cell, rows: list[dict[str, Any]]) -> None:
        shared = {k: cell[k] for k in ("cell", "method", "probe", "recognizer", "stream")}
        for i, row in enumerate(rows):
            clip = {"clip": self.ids[i], "label": int(self.labels[i]), "group": self.groups[i], "seconds": 0.1}
            self.rows.append({**shared, **clip, "scores": None, **row})


@pytest.fixture
def new_run() -> Callable[..., RunMaker]:
    return RunMaker


@pytest.fixture
def full_run() -> RunMaker:
    """Eight methods of one recogniser, one of which was skipped and one of which failed on a clip."""
    run = RunMaker()
    rng = np.random.default_rng(3)
    base = rng.permutation(len(run.ids))
    # method: clips that are right in either stream, PSNR, parameters
    methods = {
        "hr": (120, 118, None, 0),
        "bicubic": (84, 101, 27.1, 0),
        "nearest": (58, 90, 24.9, 0),
        "lanczos": (86, 100, 27.3, 0),
        "vdsr": (92, 104, 28.4, 310_000),
        "srresnet": (97, 105, 29.0, 310_000),
        "rcan": (99, 108, 29.2, 310_000),
    }
    for method, (spatial, temporal, psnr, params) in methods.items():
        own = rng.permutation(base[:140])
        facts: dict[str, Any] = {"params": params, "note": "16 of 64 channels | narrow" if params else None}
        run.stream(method, "spatial", [*base[: spatial - 12], *own[:12]], **facts)
        run.stream(method, "temporal", [*base[::-1][: temporal - 9], *own[12:21]], **facts)
        run.probe(method, "ssim_y", ssim_y=None if method == "hr" else 0.5 + spatial / 500)
        run.probe(method, "temporal_consistency", warp_error=2 + 30 / temporal)
        run.probe(method, "psnr_y", psnr_y=psnr, psnr_y_infinite=0)
        run.probe(method, "flow_quality", flow_epe=30 / psnr if psnr else 0.0, flow_bad1=3.25)
        run.probe(method, "speed", restored_frames=16, restore_seconds=0.01 + len(method) / 500)
    for probe in ("psnr_y", "tsn.spatial", "tsn.temporal"):
        stream = {"recognizer": "tsn", "stream": probe[4:]} if probe.startswith("tsn") else {}
        run.stopped("esrgan", probe, "skipped", "no weights 'mini-2' (harness weights pull esrgan)", **stream)
        reason = "clip clip007: ContractError: upscale returned <NaN>"
        run.stopped("broken", probe, "failed", reason, error_log="error.txt", **stream)
    return run
