"""Multiply-adds and memory against counts by hand and published ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import Tensor

from harness.planning.benchmark import load_benchmark
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running.context import open_context
from harness.running.cost import measure_cost
from harness.running.events import Measured
from harness.running.loop import ClipLoop, Work
from harness_basicsr.networks import registered

CONV = torch.nn.Conv2d(3, 8, 3, padding=1)
FRAMES = torch.rand(2, 3, 32, 40)
KERNELS, OFFSETS = torch.rand(4, 3, 3, 3), torch.zeros(2, 18, 32, 40)
QUERIES = torch.rand(1, 4, 10, 8)


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (lambda: CONV(FRAMES), 2 * 3 * 8 * 9 * 32 * 40),
        (lambda: torch.nn.functional.linear(torch.rand(5, 16), torch.rand(4, 16)), 5 * 16 * 4),
        (lambda: torchvision.ops.deform_conv2d(FRAMES, OFFSETS, KERNELS, padding=1), 2 * 3 * 4 * 9 * 32 * 40),
        (lambda: torch.nn.functional.scaled_dot_product_attention(QUERIES, QUERIES, QUERIES), 4 * 2 * 10 * 10 * 8),
        (lambda: FRAMES.flip(0) * 2, 0),
    ],
    ids=["convolution", "linear", "deformable", "attention", "none"],
)
def test_multiply_adds_are_those_counted_by_hand(work: Callable[[], Tensor], expected: int) -> None:
    cost = measure_cost(work, frames=2)
    assert cost is not None and cost.multiply_adds == expected / 2


def test_vdsr_has_its_published_multiply_adds() -> None:
    """612.6 G for a frame of 1280x720 (Ahn, Kang, Sohn: CARN, ECCV 2018, table 1); here a hundredth of its pixels."""
    network = registered.create({"type": "VDSR"})
    cost = measure_cost(lambda: network(torch.rand(1, 1, 72, 128)), frames=1)
    assert cost is not None and cost.multiply_adds * 100 == pytest.approx(612.6e9, rel=1e-4)


def test_peak_memory_is_what_is_alive_at_once() -> None:
    weights = torch.ones(1000)

    def work() -> Tensor:
        first = weights * 2  # 4,000 bytes; the weights themselves do not count
        second = first + 1  # 8,000
        del first
        third = second.repeat(3)  # 16,000
        second += 1  # in place
        return third.view(3, 1000)

    cost = measure_cost(work, frames=1)
    assert cost is not None and cost.peak_bytes == 16_000


def test_code_that_cannot_be_watched_costs_nothing_but_its_cost() -> None:
    def stubborn() -> Tensor:
        raise RuntimeError("not under a dispatch mode")

    assert measure_cost(stubborn, frames=1) is None


def costs() -> dict[str, tuple[object, object]]:
    """What the speed of two methods finds on two clips, by method and clip."""
    context = open_context(Request(load_benchmark("mini-2"), sr="vdsr", limit=24), load_registry())
    cells = [cell for cell in context.plan.cells if cell.probe.spec.name in ("speed", "ssim_y")]
    events = ClipLoop(Work(context.plan, cells, {}), context).run(context.plan.clips[:2])
    rows = [(e.cell.method.label, e.row) for e in events if isinstance(e, Measured) and "gmacs" in e.row]
    return {f"{name} {row['clip'] == context.plan.clips[0].id}": (row["gmacs"], row["peak_mib"]) for name, row in rows}


def test_a_run_counts_each_method_on_its_first_clip_alone() -> None:
    found = costs()
    assert found["hr False"] == found["bicubic False"] == found["vdsr False"] == (None, None)
    assert found["hr True"][0] == 0
    gmacs, memory = found["vdsr True"]
    of_bicubic, _ = found["bicubic True"]
    of_network = 9 * (16 + 18 * 16 * 16 + 16) * 176 * 176  # it refines the bicubic frame
    assert isinstance(gmacs, float) and isinstance(of_bicubic, float)
    assert gmacs * 1e9 >= of_network and (gmacs - of_bicubic) * 1e9 == pytest.approx(of_network, rel=1e-2)
    assert isinstance(memory, float) and memory > 0
    assert costs() == found
