"""Space-time distillation: the terms as written out by hand, and when the ConvLSTM is frozen."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from harness_basicsr.training.losses.distillation import SpaceTimeLoss, neighbourhoods, normalised, space_map


def features(width: int, seed: int = 0) -> Tensor:
    return torch.randn(2, 3, width, 6, 5, generator=torch.Generator().manual_seed(seed))


def test_the_map_is_the_sum_of_squares_and_its_mean_square_is_one() -> None:
    found = features(4)
    by_hand = sum(found[:, :, channel] ** 2 for channel in range(4))
    torch.testing.assert_close(space_map(found), by_hand)
    torch.testing.assert_close(normalised(by_hand).square().mean(dim=(-2, -1)), torch.ones(2, 3))
    assert not normalised(torch.zeros(1, 2, 2)).any()


def test_the_loss_in_space_is_the_mean_over_the_frames_of_the_clip() -> None:
    student, teacher = features(4, 1), features(4, 2)
    loss = SpaceTimeLoss((4, 4), space=2.0, time=0.0, radius=1)
    frames = [((space_map(student[:, t]) - space_map(teacher[:, t])) ** 2).mean() for t in range(3)]
    found = loss(student, teacher)
    assert list(found) == ["l_space"] and not list(loss.parameters())
    torch.testing.assert_close(found["l_space"], 2 * sum(frames) / 3)


def test_the_memory_is_that_of_each_frame_among_neighbours_and_the_ends_are_repeated() -> None:
    torch.manual_seed(0)
    student, teacher = features(4, 1), features(4, 2)
    loss = SpaceTimeLoss((4, 4), space=0.0, time=3.0, radius=1)
    assert loss.cell is not None

    def last(clip: Tensor, order: list[int]) -> Tensor:
        state = None
        for number in order:
            state = loss.cell(clip[:, number], state)  # type: ignore[misc]
        return state[1]  # type: ignore[index]

    orders = [[0, 0, 1], [0, 1, 2], [1, 2, 2]]
    terms = [((last(student, order) - last(teacher, order)) ** 2).mean() for order in orders]
    torch.testing.assert_close(loss(student, teacher)["l_time"], 3 * sum(terms) / 3)
    assert neighbourhoods(torch.arange(3)[None], 2).tolist() == [[[0, 0, 0, 1, 2], [0, 0, 1, 2, 2], [0, 1, 2, 2, 2]]]


def test_a_student_that_is_its_teacher_has_nothing_to_learn() -> None:
    found = SpaceTimeLoss((4, 4), 1.0, 1.0, radius=1)(features(4), features(4))
    assert {name: float(value.detach()) for name, value in found.items()} == {"l_space": 0, "l_time": 0}


def test_the_memory_is_frozen_once_below_the_bound_and_the_student_still_learns() -> None:
    loss = SpaceTimeLoss((4, 4), space=0.0, time=1.0, radius=1)
    apart = features(4, 1).requires_grad_()
    loss(apart, features(4, 2))["l_time"].backward()
    assert not loss.frozen and loss.cell is not None and loss.cell.gates.weight.grad is not None
    loss(features(4), features(4))
    assert loss.frozen
    loss.zero_grad()
    apart.grad = None
    loss(apart, features(4, 2))["l_time"].backward()
    assert loss.frozen and loss.cell.gates.weight.grad is None
    assert apart.grad is not None and apart.grad.abs().sum() > 0
    again = SpaceTimeLoss((4, 4), space=0.0, time=1.0, radius=1)
    again.load_state_dict(loss.state_dict())
    assert again.frozen


@pytest.mark.parametrize(("asked", "expected"), [(None, True), (False, False)])
def test_networks_of_two_widths_meet_through_an_adapter_and_maps_are_normalised(asked: bool, expected: bool) -> None:
    loss = SpaceTimeLoss((3, 5), 1.0, 1.0, radius=1, normalise=asked)
    assert loss.normalise is expected
    assert isinstance(loss.adapter, torch.nn.Conv2d) and loss.adapter.weight.shape == (5, 3, 1, 1)
    loss(features(3), features(5))["l_time"].backward()
    assert loss.adapter.weight.grad is not None
    assert SpaceTimeLoss((5, 5), 1.0, 1.0, radius=1).normalise is False
