"""Streams as probes, with a small linear recogniser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.contracts import Probe, StreamRecognizer, Wants
from harness.errors import ContractError
from harness.probes.recognizer import StreamProbe

Make = Callable[..., Any]
FRAMES, PAIRS = (3, 0, 3), ((1, 2), (0, 1))


class Linear:
    """Scores that are linear in the mean colour of each frame and the mean motion of each pair."""

    def __init__(self, frames: tuple[int, ...], pairs: tuple[tuple[int, int], ...]) -> None:
        self.asked = Wants(frames, pairs)
        size = 3 * len(frames) + 2 * len(pairs)
        self.weights = torch.randn(5, size, generator=torch.Generator().manual_seed(0), requires_grad=True)

    def wants(self, num_frames: int) -> Wants:
        return self.asked

    def scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        assert frames.ndim == flow.ndim == 4 and (frames.shape[1], flow.shape[1]) == (3, 2)
        return self.weights @ torch.cat([frames.mean(dim=(2, 3)).flatten(), flow.mean(dim=(2, 3)).flatten()])


@pytest.mark.parametrize(("frames", "pairs"), [(FRAMES, ()), ((), PAIRS), (FRAMES, PAIRS)])
def test_scores_follow_the_order_and_repetition_of_wants(restored: Make, frames: Any, pairs: Any) -> None:
    sample, recognizer = restored(), Linear(frames, pairs)
    plain: StreamRecognizer = recognizer
    probe: Probe = StreamProbe(plain)
    assert probe.wants(6) == Wants(frames, pairs)
    found = probe.measure(sample)
    features = [sample.sr_frames[t].mean(dim=(1, 2)) for t in frames]
    features += [sample.sr_flow([pair])[0].mean(dim=(1, 2)) for pair in pairs]
    expected = recognizer.weights.detach() @ torch.cat(features)
    assert found.numbers == {}
    assert found.arrays["scores"].dtype == np.float32 and found.arrays["scores"].shape == (5,)
    assert np.allclose(found.arrays["scores"], expected.numpy(), atol=1e-5)


def test_half_precision_scores_become_float32(restored: Make) -> None:
    recognizer = Linear(FRAMES, ())
    full = recognizer.scores
    recognizer.scores = lambda frames, flow: full(frames, flow).half()  # type: ignore[method-assign]
    assert StreamProbe(recognizer).measure(restored()).arrays["scores"].dtype == np.float32


def test_wrong_scores_break_the_contract(restored: Make) -> None:
    recognizer = Linear(FRAMES, ())
    full = recognizer.scores
    recognizer.scores = lambda frames, flow: full(frames, flow)[None]  # type: ignore[method-assign]
    with pytest.raises(ContractError, match=r"the shape \(1, 5\); expected finite scores"):
        StreamProbe(recognizer).measure(restored())
    recognizer.scores = lambda frames, flow: full(frames, flow) / 0  # type: ignore[method-assign]
    with pytest.raises(ContractError, match="not finite"):
        StreamProbe(recognizer).measure(restored())
