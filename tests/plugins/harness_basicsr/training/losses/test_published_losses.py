from __future__ import annotations

import pytest
import torch
from torch import nn

from harness_basicsr.training.losses.published_losses import ClippedSGDModel, HuberLoss


def test_huber_is_squared_inside_and_straight_outside() -> None:
    found = HuberLoss(delta=0.01, loss_weight=2.0)(torch.tensor([0.004, 0.0, -0.5]), torch.zeros(3))
    assert float(found) == pytest.approx(2 * (0.5 * 0.004**2 + 0.01 * (0.5 - 0.005)) / 3)


def test_gradients_are_clipped_to_theta_over_the_learning_rate() -> None:
    weight = nn.Parameter(torch.tensor([1.0, 1.0]))
    model = object.__new__(ClippedSGDModel)
    model.opt = {"train": {"clip_gradient": 0.4}}
    model.optimizer_g = model.get_optimizer("SGD", [weight], 0.1)
    assert isinstance(model.optimizer_g, torch.optim.SGD)
    hook = model.optimizer_g.register_step_pre_hook(model._clip)
    (weight * torch.tensor([100.0, -1.0])).sum().backward()
    model.optimizer_g.step()
    hook.remove()
    assert torch.allclose(weight.detach(), torch.tensor([1 - 0.1 * 4.0, 1.1]))
    with pytest.raises(NotImplementedError):
        model.get_optimizer("Rprop", [weight], 0.1)
