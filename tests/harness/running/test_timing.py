"""Where the time goes, on a CPU by the clock and on a GPU by what it has to do."""

from __future__ import annotations

import time

import pytest
import torch

from harness.running.timing import Stopwatch

CPU = torch.device("cpu")


def test_a_span_counts_one_stay_and_the_watch_all_of_them() -> None:
    watch = Stopwatch(CPU)
    spans = []
    for _ in range(2):
        with watch.stage("restore") as span, watch.stage("flow"):
            time.sleep(0.02)
        spans.append(span)
    assert watch.seconds["restore"] == sum(span.seconds for span in spans)
    assert watch.seconds["flow"] >= 0.04


def test_what_raises_is_counted_too_and_what_is_forgotten_is_not() -> None:
    watch = Stopwatch(CPU)
    with pytest.raises(ValueError, match="tired"), watch.stage("restore"):
        raise ValueError("tired")
    assert watch.seconds["restore"] > 0
    watch.seconds.clear()
    assert not watch.seconds


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_work_counts_where_it_was_asked_for_though_nobody_waits() -> None:
    watch = Stopwatch(torch.device("cuda"))
    large = torch.rand(8192, 8192, device="cuda")
    (large @ large).sum().item()
    start = time.perf_counter()
    with watch.stage("restore"):
        for _ in range(20):
            large @ large
    asked = time.perf_counter() - start
    with watch.stage("flow"):
        large.sum()
    assert watch.seconds["restore"] > 2 * asked
    assert watch.seconds["restore"] > 5 * watch.seconds["flow"]
