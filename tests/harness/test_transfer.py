from __future__ import annotations

from math import isfinite

import pytest
import torch

from harness.transfer import extremes, positions, to_device, to_host

CPU = torch.device("cpu")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.float64])
def test_a_single_value_that_is_not_finite_is_found(bad: float, dtype: torch.dtype) -> None:
    values = torch.full((2, 3, 4), torch.finfo(dtype).max, dtype=dtype)  # a sum of these would be infinite
    assert all(map(isfinite, extremes(values))) and extremes(values[:0]) == (0, 0)
    values[1, 2, 3] = bad
    assert not all(map(isfinite, extremes(values)))


def test_in_memory_nothing_is_copied() -> None:
    values = torch.rand(3, 4)
    assert to_device(values, CPU) is values and to_host(values) is values
    assert torch.equal(values.index_select(0, positions([2, 0, 2], CPU)), values[[2, 0, 2]])
    assert values.index_select(0, positions([], CPU)).shape == (0, 4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_there_and_back_nothing_changes_and_only_the_way_back_waits() -> None:
    values = torch.rand(64, 3, 50, 70)
    there = to_device(values, "cuda")
    assert there.is_cuda and torch.equal(to_host(there), values)
    assert torch.equal(to_host(there.permute(0, 2, 3, 1)), values.permute(0, 2, 3, 1))
    assert to_host(there[0, 0, 0, 0]) == values[0, 0, 0, 0]
