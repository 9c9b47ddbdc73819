"""A GPU is told what to do without being waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from harness.planning.benchmark import load_benchmark
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running.context import open_context
from harness.running.events import Failed, Measured, Unreadable
from harness.running.loop import ClipLoop, Work

PROBES = ["psnr_y", "ssim_rgb", "flow_quality", "temporal_consistency", "temporal_profile", "speed"]


@pytest.fixture
def waiting_is_an_error() -> Iterator[Callable[[], None]]:
    """From its call on, torch raises whenever it would wait for the GPU by itself."""
    yield lambda: torch.cuda.set_sync_debug_mode("error")
    torch.cuda.set_sync_debug_mode("default")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_clip_is_waited_for_only_where_numbers_leave(
    made_clips: Callable[..., Path], waiting_is_an_error: Callable[[], None]
) -> None:
    """That is `harness.transfer.to_host`, which waits for an event; all else that waits is found."""
    data = made_clips(classes=1, per_class=3, frames=9, height=48, width=64)
    recognizers = {"tsn": load_benchmark("mini-2").recognizers["tsn"]}
    benchmark = load_benchmark("mini-2").model_copy(update={"probes": PROBES, "pairs": [], "recognizers": recognizers})
    request = Request(benchmark, sr="bicubic,srresnet,duf16", data=data, device="cuda")
    context = open_context(request, load_registry())
    loop = ClipLoop(Work(context.plan, [cell for cell in context.plan.cells if not cell.skipped], {}), context)
    first, *others = context.plan.clips
    events = list(loop.run([first]))  # builds everything, and the cost of restoring is counted
    waiting_is_an_error()
    events += loop.run(others)
    assert not [event for event in events if isinstance(event, Failed | Unreadable)]
    assert sum(isinstance(event, Measured) for event in events) == 3 * len(loop.live)
