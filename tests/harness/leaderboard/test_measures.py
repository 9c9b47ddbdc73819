"""Numbers of probes: two ways to pool a PSNR, one of which leaves identical frames out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from harness.leaderboard.markdown import render
from harness.leaderboard.table import build
from harness.registry import registry
from harness.specs import ProbeSpec

PSNR = registry().get(ProbeSpec, "psnr_y").columns
SPEED = registry().get(ProbeSpec, "speed").columns


def psnr_of(run: Any, method: str, errors: np.ndarray) -> None:
    """What the probe finds in clips with these mean squared errors of frames ``(clips, frames)``."""
    finite = [clip[clip > 0] for clip in errors]
    run.stream(method, "spatial", 70)
    run.probe(
        method, "psnr_y",
        psnr_y=[float((10 * np.log10(255**2 / clip)).mean()) if len(clip) else None for clip in finite],
        psnr_y_infinite=[len(clip) - len(kept) for clip, kept in zip(errors, finite, strict=True)],
        psnr_y_error=[float(clip.sum()) for clip in errors],
        psnr_y_frames=[len(clip) for clip in errors],
    )  # fmt: skip


def test_identical_frames_turn_the_mean_round_but_not_the_psnr_of_the_mean_error(
    new_run: Callable[..., Any],
) -> None:
    """The better method has the same errors and half of its frames without any, a quarter of its clips altogether."""
    run = new_run()
    errors = np.tile([9.4, 160.0, 9.4, 160.0], (len(run.ids), 1))
    better = np.where(errors < 10, 0, errors)
    better[::4] = 0
    for method, found in (("bicubic", errors), ("better", better), ("hr", 0 * errors)):
        psnr_of(run, method, found)
    record = run.record()
    record.info["columns"] = [asdict(column) for column in PSNR]
    board = build(record)
    found = {row["sr"]: row for row in board.records}
    assert found["better"]["psnr_y"] == pytest.approx(26.09, abs=0.01) and found["bicubic"]["psnr_y"] > 32
    for method, own in (("better", better), ("bicubic", errors)):
        assert found[method]["psnr_y_pooled"] == pytest.approx(10 * np.log10(255**2 / own.mean()), abs=1e-4)
    assert found["better"]["psnr_y_pooled"] > found["bicubic"]["psnr_y_pooled"]
    assert found["hr"]["psnr_y_pooled"] is None and found["hr"]["psnr_y_infinite"] == 4
    assert "psnr_y_error" not in found["hr"] and "psnr_y_frames" not in found["hr"]
    text = render(board)
    assert "| SR | PSNR-Y of the mean error ↑ | identical frames a clip (PSNR-Y) |" in text
    assert f"| `better` | {found['better']['psnr_y_pooled']:.2f} | 2.50 |" in text


def test_a_cost_is_that_of_the_one_clip_where_it_was_counted(new_run: Callable[..., Any]) -> None:
    run = new_run()
    run.stream("mine", "spatial", 70)
    rest = [None] * (len(run.ids) - 1)
    run.probe("mine", "speed", restored_frames=8, restore_seconds=0.5, gmacs=[12.5, *rest], peak_mib=[64.0, *rest])
    record = run.record()
    record.info["columns"] = [asdict(column) for column in SPEED]
    board = build(record)
    assert (board.records[0]["gmacs"], board.records[0]["peak_mib"]) == (12.5, 64.0)
    assert "| SR | G multiply-adds a frame ↓ | peak memory (MiB) ↓ |" in render(board)
