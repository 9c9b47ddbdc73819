"""Steps give what their methods give by hand, whatever they look at, and count as one method."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from harness.contracts import SRMethod
from harness.planning.steps import restoring_part
from harness.registry import load_registry
from harness.running.build import build_method, count_parameters
from harness.running.in_steps import InSteps
from harness.syntax import parse_method

CPU = torch.device("cpu")


def built(text: str, scale: int, tag: str = "df2k") -> SRMethod:
    return build_method(restoring_part(parse_method(text), load_registry(), scale, tag), scale, CPU)


class Mean:
    """The mean over a window, enlarged by nothing: a method that looks at `radius` frames, or at the whole clip."""

    def __init__(self, radius: int | None) -> None:
        self.temporal_radius = radius

    def upscale(self, lr: Tensor, frames: Sequence[int]) -> Tensor:
        reach = len(lr) if self.temporal_radius is None else self.temporal_radius
        return torch.stack([lr[max(0, n - reach) : n + reach + 1].mean(dim=0) for n in frames])


def test_two_steps_are_the_two_methods_by_hand() -> None:
    lr = torch.rand(3, 3, 12, 10, generator=torch.Generator().manual_seed(0))
    by_hand = built("bicubic", 2).upscale(built("span", 4).upscale(lr, [0, 1, 2]).clamp(0, 1), [2, 0])
    restored = built("span|bicubic", 8).upscale(lr, [2, 0])
    assert restored.shape == (2, 3, 96, 80)
    torch.testing.assert_close(restored, by_hand, rtol=0, atol=1e-6)


@pytest.mark.parametrize("first", [0, 2, None])
@pytest.mark.parametrize("second", [0, 1, None])
def test_a_step_sees_all_that_it_looks_at_of_the_one_before(first: int | None, second: int | None) -> None:
    lr = torch.rand(12, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    steps = InSteps([Mean(first), Mean(second)])
    expected = Mean(second).upscale(Mean(first).upscale(lr, range(12)), [0, 5, 11, 5])
    torch.testing.assert_close(steps.upscale(lr, [0, 5, 11, 5]), expected)
    assert steps.temporal_radius == (None if None in (first, second) else (first or 0) + (second or 0))


def test_parameters_and_remarks_are_those_of_all_steps() -> None:
    method = built("span|span", 8)
    assert count_parameters(method) == count_parameters(built("span", 4)) + count_parameters(built("span", 2))
    assert isinstance(method, InSteps) and method.remark is None
    for step, remark in zip(method.steps, ("tiles of 8", "tiles of 16"), strict=True):
        setattr(step, "remark", remark)  # noqa: B010  (mypy: not part of the contract)
    assert method.remark == "tiles of 8; tiles of 16"
