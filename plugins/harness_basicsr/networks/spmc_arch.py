"""SPMC's network, known to BasicSR's registry as ``SPMC``.

Source: Tao, Gao, Liao, Wang, Jia, Detail-revealing Deep Video Super-resolution, ICCV 2017; motion estimation after
Caballero et al., Real-Time Video Super-Resolution with Spatio-Temporal Networks and Motion Compensation, CVPR 2017.

Flow of frame i is F_{i->0}: defined on the pixels of frame i, in LR pixels, and says where they lie in the centre
frame: ``frame_i(p) ~ centre(p + F(p))``. The splat needs it in this direction, and the centre warped back by it is
frame i. The centre's own flow is estimated like the others', since the paper's sums run over it too.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from harness.video.imresize import imresize
from harness.video.warp import warp
from harness_basicsr import compat  # noqa: F401  (before basicsr)
from harness_basicsr.networks.convlstm import ConvLSTMCell, State
from harness_basicsr.networks.splat import splat

from basicsr.utils.registry import ARCH_REGISTRY  # isort: skip

FRAMES = 3
MULTIPLE = 4
"""The motion network halves sides twice."""
GAIN = 8.0
"""Pixels of flow for an output of 1, so the two flows, each kept within 1 by its tanh, sum to at most 16 LR pixels.

The paper does not say how it scales them. With 32, as in one public reimplementation, patches of 16x16 learn
motion much more slowly."""
Layer = TypeVar("Layer", nn.Conv2d, nn.ConvTranspose2d)


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return _begun(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2))


def _deconv(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    """Doubles height and width."""
    return _begun(nn.ConvTranspose2d(inputs, outputs, 4, 2, padding=1))


def _begun(layer: Layer) -> Layer:
    """Initialise as the authors' framework does. PyTorch's own way, with random biases, learns far more slowly."""
    nn.init.xavier_uniform_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _flow_head(convolutions: list[nn.Conv2d], enlarge: int) -> nn.Sequential:
    """ReLU in between, tanh after the last, then back to the resolution of the input."""
    *inner, last = convolutions
    layers = [layer for conv in inner for layer in (conv, nn.ReLU(inplace=True))]
    return nn.Sequential(*layers, last, nn.Tanh(), nn.PixelShuffle(enlarge))


class MotionEstimation(nn.Module):
    """Flow from a frame to the centre, coarse then fine: two ``(N, 1, h, w)`` to ``(N, 2, h, w)`` in pixels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        coarse = [_conv(2, width, 5, 2), _conv(width, width, 3), _conv(width, width, 5, 2), _conv(width, width, 3)]
        fine = [_conv(5, width, 5, 2), *(_conv(width, width, 3) for _ in range(3))]
        self.coarse = _flow_head([*coarse, _conv(width, 2 * 4 * 4, 3)], 4)
        self.fine = _flow_head([*fine, _conv(width, 2 * 2 * 2, 3)], 2)

    def forward(self, frame: Tensor, centre: Tensor) -> Tensor:
        coarse = self.coarse(torch.cat([frame, centre], dim=1))
        warped = warp(centre, GAIN * coarse)
        flow: Tensor = coarse + self.fine(torch.cat([frame, centre, coarse, warped], dim=1))
        return GAIN * flow


class DetailFusion(nn.Module):
    """Details from splatted frames: an encoder, a recurrence over the frames, and a decoder with additive skips."""

    def __init__(self, width: int) -> None:
        super().__init__()
        fine, middle, deep = width, 2 * width, 4 * width
        relu = nn.ReLU(inplace=True)
        self.encode_fine = nn.Sequential(_conv(1, fine, 5), relu)
        self.encode_middle = nn.Sequential(_conv(fine, middle, 3, 2), relu, _conv(middle, middle, 3), relu)
        self.encode_deep = nn.Sequential(_conv(middle, deep, 3, 2), relu)
        self.recurrent = ConvLSTMCell(deep)
        self.decode_deep = nn.Sequential(_conv(deep, deep, 3), relu, _deconv(deep, middle), relu)
        self.decode_middle = nn.Sequential(_conv(middle, middle, 3), relu, _deconv(middle, fine), relu)
        self.decode_fine = nn.Sequential(_conv(fine, fine, 3), relu, _conv(fine, 1, 5))

    def forward(self, frames: Tensor, every: bool) -> Tensor:
        """``(N, T, 1, H, W)`` to the details after each frame's step, the same shape, or only the last, T = 1."""
        count, steps = frames.shape[:2]
        fine = self.encode_fine(frames.flatten(0, 1))
        middle = self.encode_middle(fine)
        deep = self.encode_deep(middle).unflatten(0, (count, steps))
        state: State | None = None
        hidden: list[Tensor] = []
        for step in range(steps):
            state = self.recurrent(deep[:, step], state)
            hidden.append(state[0])
        kept = slice(None) if every else slice(-1, None)
        fine, middle = (level.unflatten(0, (count, steps))[:, kept].flatten(0, 1) for level in (fine, middle))
        x = self.decode_deep(torch.stack(hidden[kept], dim=1).flatten(0, 1))
        x = self.decode_fine(self.decode_middle(x + middle) + fine)
        details: Tensor = x.reshape(count, -1, *x.shape[1:])
        return details


@ARCH_REGISTRY.register()
class SPMC(nn.Module):
    """Y of three LR frames ``(N, 3, 1, h, w)`` to Y of the middle one, enlarged: ``(N, 1, scale * h, scale * w)``.

    Y of BT.601 in studio range, [16, 235] / 255. The frames are splatted onto the centre's fine grid in order of time,
    so the centre is the second step of the recurrence and the third step gives the result, added to bicubic
    enlargement. `num_feat` is the width at full resolution, `num_motion` that of the motion network.
    1,722,161 parameters as published, 53,392 of them the motion network's. Raises `ValueError` for another shape.
    """

    def __init__(self, scale: int = 4, num_feat: int = 32, num_motion: int = 24) -> None:
        super().__init__()
        self.scale = scale
        self.motion = MotionEstimation(num_motion)
        self.fusion = DetailFusion(num_feat)
        self.to(memory_format=torch.channels_last)  # about 0.6 of the time on a CPU

    def forward(self, x: Tensor) -> Tensor:
        return self._estimates(x, self._flows(_padded(x)), every=False)[:, -1]

    def forward_all(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        """The estimate after every step, each as `forward` gives it, and the flows as `flows` gives them."""
        flows = self._flows(_padded(x))
        return list(self._estimates(x, flows, every=True).unbind(1)), _cropped(flows, x.shape[-2:])

    def flows(self, x: Tensor) -> Tensor:
        """Flow of each frame to the centre, see the module docstring: ``(N, 3, 2, h, w)`` in LR pixels."""
        return _cropped(self._flows(_padded(x)), x.shape[-2:])

    def _flows(self, padded: Tensor) -> Tensor:
        centre = padded[:, FRAMES // 2, None].expand_as(padded)
        flow: Tensor = self.motion(padded.flatten(0, 1), centre.flatten(0, 1))
        return flow.reshape(*padded.shape[:2], *flow.shape[1:])

    def _estimates(self, x: Tensor, flows: Tensor, every: bool) -> Tensor:
        height, width = (self.scale * side for side in x.shape[-2:])
        laid = splat(_padded(x).flatten(0, 1), flows.flatten(0, 1), self.scale)
        details = _cropped(self.fusion(laid.reshape(*x.shape[:3], *laid.shape[2:]), every), (height, width))
        return details + imresize(x[:, FRAMES // 2], float(self.scale))[:, None]


def _padded(x: Tensor) -> Tensor:
    """Sides rounded up to multiples of 4 by repeating the last row and column."""
    if x.dim() != 5 or x.shape[1:3] != (FRAMES, 1):
        raise ValueError(f"SPMC takes Y of {FRAMES} frames, (N, {FRAMES}, 1, h, w), not {tuple(x.shape)}")
    height, width = x.shape[-2:]
    return pad(x[:, :, 0], (0, -width % MULTIPLE, 0, -height % MULTIPLE), mode="replicate")[:, :, None]


def _cropped(x: Tensor, size: tuple[int, int] | torch.Size) -> Tensor:
    return x[..., : size[0], : size[1]]
