"""Methods whose grid is taken away, or given to another one: a plugin for ``harness run --plugin notch.py``.

``mixed:body=srgan`` is what srgan restores less what it adds to bicubic at the frequencies of a grid of 4 pixels;
``mixed:body=srresnet,grid=srgan`` is what srresnet restores with that of srgan. Networks and weights are
those of mini-2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from harness.contracts import SRMethod
from harness.hookspecs import hookimpl
from harness.planning.building import Given
from harness.planning.building import build as build_part
from harness.planning.cells import Part
from harness.registry import registry
from harness.specs import SRMethodSpec

REACH = 1
"""Cycles a frame around each frequency, within which a peak lies."""


@dataclass(frozen=True)
class Mixed:
    """`body` without its grid, or with that of `grid`."""

    body: SRMethod
    grid: SRMethod | None
    bicubic: SRMethod
    scale: int
    temporal_radius: int = 0

    def upscale(self, lr: Tensor, indices: Sequence[int]) -> Tensor:
        body, plain = self.body.upscale(lr, indices), self.bicubic.upscale(lr, indices)
        if self.grid is None:
            return (body - notch(body - plain, self.scale)).clamp(0, 1)
        return (body + notch(self.grid.upscale(lr, indices) - plain, self.scale)).clamp(0, 1)


def notch(frames: Tensor, scale: int) -> Tensor:
    """The part of frames at multiples of 1 / `scale` cycles a pixel, without the mean."""
    height, width = frames.shape[-2:]
    mask = torch.zeros(height, width)
    reach = torch.arange(-REACH, REACH + 1)
    for down, across in product(range(scale), repeat=2):
        if down or across:
            rows, columns = (down * height // scale + reach) % height, (across * width // scale + reach) % width
            mask[rows[:, None], columns] = 1
    return torch.fft.ifft2(torch.fft.fft2(frames) * mask).real


def made(name: str, scale: int, device: torch.device) -> SRMethod:
    """A method with its weights of mini-2."""
    spec = registry().get(SRMethodSpec, name)
    weights = next((w for w in spec.weights if w.tag == "mini-2"), None)
    options = {**spec.options, **(weights.options if weights else {})}
    method: SRMethod = build_part(Part(name, spec, options, weights), Given(scale=scale, device=device))
    return method


def build(*, scale: int, device: torch.device, weights: None, body: str, grid: str) -> Mixed:
    donor = made(grid, scale, device) if grid else None
    return Mixed(made(body, scale, device), donor, made("bicubic", scale, device), scale)


@hookimpl
def harness_sr_methods() -> Iterator[SRMethodSpec]:
    yield SRMethodSpec(
        "mixed",
        "a method without its grid, or with another's",
        f"{__name__}:build",
        options={"body": "srgan", "grid": ""},
    )
