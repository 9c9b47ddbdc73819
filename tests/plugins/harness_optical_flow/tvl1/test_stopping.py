"""On which iterations a pair is looked at, and when it ends."""

from __future__ import annotations

import torch

from harness_optical_flow.tvl1.stopping import Always, WhenDue


def looks(stop: WhenDue, changes: list[float]) -> tuple[list[int], int | None]:
    """Iterations after which a pair alone was looked at, and the one that ended it."""
    seen: list[int] = []
    for iteration, change in enumerate(changes):
        if stop.due(iteration):
            seen.append(iteration)
            if bool(stop.ended(torch.tensor([change])).all()):
                return seen, iteration
    return seen, None


def test_a_gpu_waits_for_as_many_iterations_as_the_change_is_times_too_large() -> None:
    """8.5 times the limit at iteration 1: 8 more bring it below, and the next odd one is 11."""
    changes = [100.0, 8.5, *[0.5] * 20]
    assert looks(WhenDue(1, 1.0), changes) == ([1, 11], 11)


def test_without_epsilon_nobody_looks() -> None:
    assert looks(WhenDue(1, 0.0), [0.0] * 10) == ([], None)


def test_every_pair_has_its_own_schedule() -> None:
    stop = WhenDue(2, 1.0)
    assert not stop.due(0) and stop.due(1)
    assert stop.ended(torch.tensor([3.0, 1.0])).tolist() == [False, True]
    stop.select(torch.tensor([0]))
    assert [iteration for iteration in range(2, 10) if stop.due(iteration)] == [5, 7, 9]


def test_a_pair_that_is_not_due_does_not_end() -> None:
    stop = WhenDue(2, 1.0)
    assert stop.due(1)
    stop.ended(torch.tensor([9.0, 2.0]))
    due = [iteration for iteration in range(2, 6) if stop.due(iteration)]
    assert due == [5] and stop.ended(torch.tensor([0.1, 0.1])).tolist() == [False, True]


def test_a_processor_looks_at_every_iteration() -> None:
    stop = Always(3, 0.5)
    assert all(stop.due(iteration) for iteration in range(4))
    assert stop.ended(torch.tensor([0.4, 0.5, 0.6])).tolist() == [True, True, False]
