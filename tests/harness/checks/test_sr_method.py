"""The contract of SR methods: correct methods pass, and every fault is found by the check meant for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from harness.checks import check_sr_method, require
from harness.errors import ContractError
from harness.methods import Bicubic, HighResolution, Nearest

CPU = torch.device("cpu")
Fault = Callable[[Tensor, list[int]], Tensor]


class Faulty:
    """Bicubic interpolation with a fault."""

    temporal_radius: int | None = None

    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        return self.fault(lr, list(frames))


def good(lr: Tensor, frames: list[int]) -> Tensor:
    return Bicubic(scale=4, device=CPU).upscale(lr, frames)


def raises_on_short(lr: Tensor, frames: list[int]) -> Tensor:
    if len(lr) < 5:
        raise IndexError("window of 5 frames")
    return good(lr, frames)


def changes_input(lr: Tensor, frames: list[int]) -> Tensor:
    found = good(lr, frames)
    lr.mul_(0.5)
    return found


def noisy(lr: Tensor, frames: list[int]) -> Tensor:
    found = good(lr, frames)
    return found + 0.01 * torch.rand_like(found)


def whole_multiples_only(lr: Tensor, frames: list[int]) -> Tensor:
    height, width = lr.shape[-2] // 4 * 4, lr.shape[-1] // 4 * 4
    return good(lr[..., :height, :width], frames)


FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "too large": (lambda lr, f: good(lr, f)[..., :-1], {"shape, type and device"}),
    "numpy": (lambda lr, f: good(lr, f).numpy(), {"shape, type and device"}),
    "uint8": (lambda lr, f: good(lr, f).mul(255).to(torch.uint8), {"shape, type and device"}),
    "whole clip": (lambda lr, f: good(lr, list(range(len(lr)))), {"subset of frames", "batch independence"}),
    "x2": (lambda lr, f: good(lr, f)[..., ::2, ::2], {"scale"}),
    "NaN": (lambda lr, f: good(lr, f) / 0, {"shape, type and device"}),
    "0 to 255": (lambda lr, f: good(lr, f) * 255, {"range", "likeness"}),
    "BGR": (lambda lr, f: good(lr, f).flip(1), {"likeness"}),
    "upside down": (lambda lr, f: good(lr, f).flip(-2), {"likeness"}),
    "inverted": (lambda lr, f: 1 - good(lr, f), {"likeness"}),
    "noise": (noisy, {"determinism"}),
    "batch statistics": (lambda lr, f: good(lr, f) + 0.1 * lr[f].std(0, correction=0).mean(), {"batch independence"}),
    "asked frames as window": (lambda lr, f: good(lr[f].mean(0, keepdim=True).expand_as(lr), f), {"subset of frames"}),
    "window of 5": (raises_on_short, {"one frame", "two frames", "odd sizes"}),
    "multiples of 4": (whole_multiples_only, {"odd sizes"}),
    "in place": (changes_input, {"input untouched"}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_found(name: str) -> None:
    fault, expected = FAULTS[name]
    failed = {check.name for check in check_sr_method(Faulty(fault), scale=4) if not check.ok}
    assert expected <= failed


@pytest.mark.parametrize("name", ["BGR", "inverted", "multiples of 4", "in place", "noise"])
def test_a_single_fault_fails_only_its_own_check(name: str) -> None:
    fault, expected = FAULTS[name]
    failed = {check.name for check in check_sr_method(Faulty(fault), scale=4) if not check.ok}
    assert failed <= expected | {"batch independence", "subset of frames"}


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_correct_methods_pass(scale: int) -> None:
    require(check_sr_method(Bicubic(scale=scale, device=CPU), scale=scale))
    require(check_sr_method(Nearest(scale=scale, device=CPU), scale=scale))


def test_the_ceiling_is_checked_at_its_own_size() -> None:
    require(check_sr_method(HighResolution(scale=4, device=CPU), scale=1))
    assert not check_sr_method(HighResolution(scale=4, device=CPU), scale=4)[0].ok


def test_a_temporal_method_that_pads_passes() -> None:
    def window_of_five(lr: Tensor, frames: list[int]) -> Tensor:
        around = [[min(max(f + d, 0), len(lr) - 1) for d in range(-2, 3)] for f in frames]
        weights = torch.tensor([0.1, 0.2, 0.4, 0.2, 0.1])[:, None, None, None]
        steady = torch.stack([(lr[window] * weights).sum(0) for window in around])
        return good(steady, list(range(len(frames))))

    require(check_sr_method(Faulty(window_of_five), scale=4))


def test_a_method_that_looks_further_than_it_declares_is_found() -> None:
    """It looks two frames ahead and two back."""

    def mean_of_five(lr: Tensor, frames: list[int]) -> Tensor:
        steady = torch.stack([lr[max(0, f - 2) : f + 3].mean(0) for f in frames])
        return good(steady, list(range(len(frames))))

    method = Faulty(mean_of_five)
    for radius in (None, 2, 3):
        method.temporal_radius = radius
        require(check_sr_method(method, scale=4))
    for radius in (0, 1):
        method.temporal_radius = radius
        failed = {check.name for check in check_sr_method(method, scale=4) if not check.ok}
        assert failed == {"temporal radius"}


def test_a_negative_radius_is_found() -> None:
    method = Faulty(good)
    method.temporal_radius = -1
    [found] = [check for check in check_sr_method(method, scale=4) if not check.ok]
    assert found.name == "temporal radius" and "expected a whole number from 0" in found.detail


def test_require_lists_what_failed() -> None:
    checks = check_sr_method(Faulty(FAULTS["BGR"][0]), scale=4)
    with pytest.raises(ContractError, match=r"1 of 12 checks failed\n  likeness: scaled down again it differs"):
        require(checks)


def test_an_error_of_the_plugin_is_shown_with_its_origin() -> None:
    checks = {c.name: c for c in check_sr_method(Faulty(raises_on_short), scale=4)}
    assert checks["one frame"].detail.startswith("IndexError: window of 5 frames (test_sr_method.py:")
