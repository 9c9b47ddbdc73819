"""DUF of any width against BasicSR's, and its filters against a loop."""

from __future__ import annotations

import pytest
import torch

from harness.errors import UsageError
from harness_basicsr.networks.duf_arch import HarnessDUF, apply_filters

from basicsr.archs.duf_arch import DUF  # isort: skip


@pytest.mark.parametrize(("num_layer", "scale", "official"), [(16, 4, False), (28, 3, True), (52, 2, False)])
def test_published_widths_are_basicsrs_duf(num_layer: int, scale: int, official: bool) -> None:
    theirs = DUF(scale, num_layer, official).eval()
    for module in theirs.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            module.running_var.uniform_(0.5, 1.5)
            module.running_mean.uniform_(-0.5, 0.5)
    ours = HarnessDUF(scale, num_layer, adapt_official_weights=official).eval()
    ours.load_state_dict(theirs.state_dict())
    frames = torch.rand(2, 7, 3, 6, 5)
    with torch.no_grad():
        restored, expected = ours(frames), theirs(frames)
    assert restored.shape == (2, 3, 6 * scale, 5 * scale)
    torch.testing.assert_close(restored, expected, atol=1e-5, rtol=0)


def test_official_weights_need_their_epsilon() -> None:
    plain, official = (HarnessDUF(4, 16, 4, 4, 4, adapt_official_weights=flag) for flag in (False, True))
    for module in plain.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            module.running_var.fill_(0.001)
    official.load_state_dict(plain.state_dict())
    frames = torch.rand(1, 7, 3, 4, 4)
    with torch.no_grad():
        assert (plain.eval()(frames) - official.eval()(frames)).abs().max() > 1e-4


def test_filters_sum_to_one_over_their_25_taps() -> None:
    filters, residual = HarnessDUF(3, 16, 4, 4, 8).filters_and_residual(torch.rand(2, 7, 3, 6, 5))
    assert filters.shape == (2, 25, 9, 6, 5) and residual.shape == (2, 27, 6, 5)
    torch.testing.assert_close(filters.sum(1), torch.ones(2, 9, 6, 5))


def test_filters_weigh_the_surroundings() -> None:
    frame, filters = torch.rand(1, 3, 4, 6), torch.rand(1, 25, 4, 4, 6)
    applied = apply_filters(frame, filters)
    padded = torch.nn.functional.pad(frame, (2, 2, 2, 2))
    for channel, part, y, x in ((0, 0, 0, 0), (1, 2, 3, 5), (2, 3, 1, 4)):
        around = padded[0, channel, y : y + 5, x : x + 5].reshape(-1)
        expected = (around * filters[0, :, part, y, x]).sum()
        torch.testing.assert_close(applied[0, channel * 4 + part, y, x], expected)


def test_other_depths_are_refused() -> None:
    with pytest.raises(UsageError, match="DUF has 16, 28, 52 layers, not 17"):
        HarnessDUF(num_layer=17)
