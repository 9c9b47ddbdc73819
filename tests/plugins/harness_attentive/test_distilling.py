"""The teacher's part of the loss against direct formulas."""

from __future__ import annotations

import pytest
import torch

from harness_attentive.distilling import Distillation


def test_scores_are_compared_at_a_temperature() -> None:
    torch.manual_seed(0)
    student, teacher = torch.randn(5, 4), torch.randn(5, 4)
    p, q = (scores.div(4).softmax(dim=1) for scores in (teacher, student))
    expected = 16 * (p * (p / q).log()).sum(dim=1).mean()
    assert Distillation().score_loss(student, teacher) == pytest.approx(float(expected), rel=1e-5)


def test_each_term_has_its_weight_and_is_left_out_without_one() -> None:
    torch.manual_seed(0)
    student, teacher, own, wanted = torch.randn(5, 4), torch.randn(5, 4), torch.randn(5, 7), torch.randn(5, 7)
    none = Distillation(by_scores=0, by_features=0)
    assert none.losses(student, own, teacher, wanted) == {} and not none.taught
    both = Distillation(by_scores=2, by_features=3)
    found = {name: float(value) for name, value in both.losses(student, own, teacher, wanted).items()}
    by_hand = {
        "loss_scores": 2 * float(both.score_loss(student, teacher)),
        "loss_features": 3 * float(((own - wanted) ** 2).mean()),
    }
    assert found == pytest.approx(by_hand, rel=1e-6)


def test_a_student_like_its_teacher_has_nothing_to_learn_from_it_and_the_teacher_learns_nothing() -> None:
    scores = torch.randn(3, 4, requires_grad=True)
    features = torch.randn(3, 6, requires_grad=True)
    student, own = scores.detach().clone().requires_grad_(), features.detach().clone().requires_grad_()
    losses = torch.stack(list(Distillation().losses(student, own, scores, features).values()))
    assert losses.tolist() == pytest.approx([0, 0], abs=1e-6)
    losses.sum().backward()
    assert scores.grad is None and features.grad is None
