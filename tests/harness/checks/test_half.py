"""What `harness plugins check` says of half precision."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from harness.checks import check_declared
from harness.checks.half import check_half_method, check_half_recognizer, tried_on
from harness.contracts import Wants
from harness.methods import Bicubic, FrameNetwork
from harness.registry import registry
from harness.specs import SRMethodSpec

CPU = torch.device("cpu")


class Sharp(nn.Module):
    """Enlarges by 2; with a `gain` it forms small differences of large numbers, which half precision loses."""

    def __init__(self, gain: float = 0.0) -> None:
        super().__init__()
        self.conv, self.gain = nn.Conv2d(3, 12, 1), gain

    def forward(self, x: Tensor) -> Tensor:
        found = self.conv(x)
        return nn.functional.pixel_shuffle(found + self.gain - self.gain, 2)


class SingleOnly(Sharp):
    """Refuses half precision."""

    def forward(self, x: Tensor) -> Tensor:
        found = super().forward(x)
        if found.dtype != torch.float32:
            raise RuntimeError("expected float32")
        return found


def build(network: Callable[[], nn.Module]) -> FrameNetwork:
    torch.manual_seed(0)
    return FrameNetwork(network(), scale=2, device=CPU)


@pytest.mark.parametrize("declared", ["", "bf16"])
def test_the_difference_is_told_in_decibels(declared: str) -> None:
    [found] = check_half_method(partial(build, Sharp), CPU, declared)
    assert found.ok and found.name == "in bf16" and 45 < float(found.detail.split(" dB")[0]) < 90


@pytest.mark.parametrize(("declared", "ok"), [("", True), ("bf16", False)])
def test_only_what_is_declared_can_fail(declared: str, ok: bool) -> None:
    [found] = check_half_method(partial(build, partial(Sharp, 64.0)), CPU, declared)
    assert found.ok == ok and "dB from fp32" in found.detail
    assert ok or "at least 45 are expected" in found.detail


def test_a_network_that_knows_single_precision_alone_is_no_failure_unless_declared() -> None:
    [found] = check_half_method(partial(build, SingleOnly), CPU)
    assert found.ok and found.detail.startswith("not to be had, and not declared: RuntimeError")
    [found] = check_half_method(partial(build, SingleOnly), CPU, "bf16")
    assert not found.ok


def test_nothing_is_said_of_what_keeps_no_network() -> None:
    assert list(check_half_method(partial(Bicubic, scale=2, device=CPU), CPU)) == []


def test_processors_are_asked_for_bf16_alone() -> None:
    assert tried_on(CPU) == ("bf16",) and tried_on(torch.device("cuda:0")) == ("bf16", "fp16")


class Looks:
    """Scores a frame by one of two linear layers, whose second and first class are far apart, or hardly."""

    def __init__(self, margin: float) -> None:
        self.offset = torch.tensor([0.0, margin])

    def wants(self, num_frames: int) -> Wants:
        return Wants(frames=(0,))

    def scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        return (frames.mean((0, 2, 3)) @ torch.ones(3, 2)) + self.offset.to(frames.dtype)


@pytest.mark.parametrize("declared", ["", "bf16"])
def test_recognisers_are_compared_by_the_class_that_they_name(declared: str) -> None:
    [found] = check_half_recognizer(Looks(0.5), CPU, declared, ["bf16"])
    assert found.ok and found.detail.startswith("4 of 4 clips keep their class, scores differ by up to 0.0")
    assert list(check_half_recognizer(Looks(0.5), CPU, declared)) == []  # only on a GPU, unless asked for


def test_the_checkpoints_of_a_declared_method_are_compared() -> None:
    [_, *sections] = check_declared(registry().get(SRMethodSpec, "vdsr"), registry())
    assert sections and all("dB from fp32" in checks[-1].detail for _, checks in sections)
