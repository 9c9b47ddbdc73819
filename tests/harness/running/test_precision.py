"""Half precision reaches the networks, and nothing around them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from harness.contracts import Wants
from harness.errors import UsageError
from harness.methods import Bicubic, ClipNetwork, FrameNetwork, LumaNetwork
from harness.running.precision import halve_method, halve_recognizer
from harness.video.colour import rgb_to_ycbcr

CPU = torch.device("cpu")
CLIP = torch.rand(3, 3, 12, 16, generator=torch.Generator().manual_seed(3))


class Layer(nn.Module):
    """A convolution that remembers in which precision it worked."""

    def __init__(self, channels: int = 3, scale: int = 2) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels * scale**2, 3, padding=1)
        self.scale = scale
        self.types: list[torch.dtype] = []

    def forward(self, x: Tensor) -> Tensor:
        found = self.conv(x.flatten(0, -4)).unflatten(0, x.shape[:-3])
        self.types.append(found.dtype)
        return nn.functional.pixel_shuffle(found, self.scale)


@pytest.mark.parametrize("kind", [FrameNetwork, ClipNetwork])
@pytest.mark.parametrize(("precision", "used"), [("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_a_network_computes_in_half_and_returns_single(
    kind: type[FrameNetwork], precision: str, used: torch.dtype
) -> None:
    network = Layer()
    method = kind(network, scale=2, device=CPU)
    full = method.upscale(CLIP, [0, 2])
    halve_method(method, precision, CPU)
    half = method.upscale(CLIP, [0, 2])
    assert network.types == [torch.float32, used] and half.dtype == torch.float32
    assert 0 < float((half - full).abs().max()) < 0.02


def test_colours_around_a_network_stay_exact() -> None:
    method = LumaNetwork(Layer(1, 1), scale=2, device=CPU)
    halve_method(method, "bf16", CPU)
    bicubic = rgb_to_ycbcr(Bicubic(scale=2, device=CPU).upscale(CLIP, [1]))
    restored = rgb_to_ycbcr(method.upscale(CLIP, [1]))
    torch.testing.assert_close(restored[:, 1:], bicubic[:, 1:])


def test_a_method_that_keeps_no_network_is_refused_with_what_to_do() -> None:
    with pytest.raises(UsageError, match="Bicubic keeps no network in the attribute `network`"):
        halve_method(Bicubic(scale=2, device=CPU), "bf16", CPU)


class Looks:
    """A recogniser whose parts are called one by one, as networks of MMAction2 are."""

    def __init__(self) -> None:
        self.head = nn.Linear(3, 5)
        self.types: list[torch.dtype] = []

    def wants(self, num_frames: int) -> Wants:
        return Wants(frames=(0,))

    def scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        with torch.inference_mode():
            found: Tensor = self.head(frames.mean((0, 2, 3)))
        self.types.append(found.dtype)
        return found


class LooksTwice(Looks):
    def stream_scores(self, frames: Tensor, flow: Tensor) -> Tensor:
        return torch.stack([self.scores(frames, flow)] * 2)


@pytest.mark.parametrize("kind", [Looks, LooksTwice])
def test_a_recogniser_scores_in_half_and_returns_single(kind: type[Looks]) -> None:
    recognizer = kind()
    half = halve_recognizer(recognizer, "bf16", CPU)
    found = half.scores(CLIP, CLIP)
    assert recognizer.types == [torch.bfloat16] and found.dtype == torch.float32
    torch.testing.assert_close(found, recognizer.scores(CLIP, CLIP), atol=0.02, rtol=0.02)
    assert half.wants(4) == Wants(frames=(0,))
    assert hasattr(half, "stream_scores") == (kind is LooksTwice)
