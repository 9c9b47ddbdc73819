"""Which frames and pairs are looked at."""

from __future__ import annotations

import pytest

from harness.probes.sampling import consecutive_pairs, evenly_spaced


@pytest.mark.parametrize("samples", [0, 7, 9, -1])
def test_all_indices_for_0_or_if_there_are_no_more(samples: int) -> None:
    assert evenly_spaced(7, samples) == (0, 1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(("count", "samples", "expected"), [(10, 1, (5,)), (10, 2, (2, 7)), (9, 3, (1, 4, 7))])
def test_indices_are_the_middles_of_equal_parts(count: int, samples: int, expected: tuple[int, ...]) -> None:
    assert evenly_spaced(count, samples) == expected


@pytest.mark.parametrize("count", [2, 17, 300])
def test_indices_are_ascending_distinct_and_in_range(count: int) -> None:
    for samples in range(1, count):
        chosen = evenly_spaced(count, samples)
        assert len(chosen) == samples and list(chosen) == sorted(set(chosen)) and chosen[0] >= 0 and chosen[-1] < count


def test_pairs_are_consecutive_and_none_in_one_frame() -> None:
    assert consecutive_pairs(4, 0) == ((0, 1), (1, 2), (2, 3))
    assert consecutive_pairs(11, 2) == ((2, 3), (7, 8))
    assert consecutive_pairs(1, 0) == consecutive_pairs(1, 5) == ()
