from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from harness.leaderboard.findings.evidence import gather
from harness.leaderboard.findings.follows import followings
from harness.leaderboard.findings.page import render
from harness.leaderboard.table import build
from harness.specs import Column

Make = Callable[..., Any]
COLUMNS = [Column("psnr_y", "PSNR-Y", higher_is_better=True), Column("flow_epe", "EPE", higher_is_better=False)]


@pytest.fixture
def run(new_run: Make) -> Any:
    """Six methods whose PSNR is higher, and whose flow error is higher too, where a clip is recognised."""
    made, rng = new_run(), np.random.default_rng(0)
    for i in range(6):
        right = rng.random(144) < 0.5 + 0.06 * i
        made.stream("bicubic" if i == 0 else f"m{i}", "spatial", np.flatnonzero(right).tolist())
        for probe, key in (("psnr", "psnr_y"), ("flow", "flow_epe")):
            made.probe("bicubic" if i == 0 else f"m{i}", probe, **{key: list(30 + right + rng.normal(size=144))})
    made.stream("hr", "spatial", 140)
    made.probe("hr", "psnr", psnr_y=99.0)
    return made


def test_signs_say_whether_the_better_measure_goes_with_accuracy(run: Any) -> None:
    evidence = gather(build(run.record()), "tsn")
    assert evidence is not None
    psnr, flow = followings(evidence, COLUMNS)
    assert (psnr.measure, psnr.stream, psnr.methods) == ("PSNR-Y", "spatial", 6)  # not the ceiling
    assert psnr.within_clips[1] > 0.3 and flow.within_clips[2] < -0.3
    # of right against wrong within a clip, a difference of 1 in noise of standard deviation sqrt(2)
    assert psnr.within_clips[1] < 0.52 < psnr.within_clips[2]
    names = evidence.lone("spatial")
    means = [evidence.measures["psnr_y"][name].mean() for name in names]
    expected = spearmanr(means, [evidence.hit["spatial"][name].mean() for name in names]).statistic
    assert psnr.over_methods[0] == pytest.approx(expected) and psnr.over_methods[1] < expected


def test_methods_that_never_differ_say_nothing_within_clips(new_run: Make) -> None:
    run = new_run()
    for name, value in (("bicubic", 30.0), ("a", 31.0)):
        run.stream(name, "spatial", 100)
        run.probe(name, "psnr", psnr_y=value)
    evidence = gather(build(run.record()), "tsn")
    assert evidence is not None
    (found,) = followings(evidence, COLUMNS)
    assert found.clips == 0 and np.isnan([*found.within_clips, *found.over_methods]).all()


def test_the_page_has_them_and_says_how_to_read_them(run: Any) -> None:
    text = render(build(run.record()), [], "a paper")
    assert "### What accuracy follows" in text and "gamma" in text
    (line,) = [line for line in text.splitlines() if line.startswith("| PSNR") and "| spatial |" in line]
    assert line.count("[") == 2 and "nan" not in text
