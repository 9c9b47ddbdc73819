"""Frames as pictures that a browser can step through: all frames of a clip side by side in one file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Frames = NDArray[np.uint8]
QUALITY = 90
WIDEST = 16_000
"""Pixels: WebP has at most 16,383 a side."""
RIM = 48
"""Radius of the picture that explains the colours of flow, in pixels."""


@dataclass(frozen=True)
class Sprite:
    """A picture file with `columns` frames a row."""

    content: bytes
    columns: int


def sprite(frames: Frames, *, lossless: bool = False) -> Sprite:
    """``(T, H, W, 3)`` uint8 as one WebP picture, frames from left to right, then down."""
    number, height, width, _ = frames.shape
    columns = max(1, min(number, WIDEST // width, math.ceil(math.sqrt(number * height / width))))
    rows = math.ceil(number / columns)
    sheet = np.zeros((rows * columns, height, width, 3), np.uint8)
    sheet[:number] = frames
    whole = sheet.reshape(rows, columns, height, width, 3).swapaxes(1, 2).reshape(rows * height, columns * width, 3)
    buffer = BytesIO()
    Image.fromarray(whole).save(buffer, "WEBP", quality=QUALITY, lossless=lossless, method=4)
    return Sprite(buffer.getvalue(), columns)


def flow_colours(flow: NDArray[np.float32], peak: float) -> Frames:
    """Flow ``(N, 2, H, W)`` in pixels as colours ``(N, H, W, 3)``: direction as hue, `peak` pixels at full strength.

    Source: the colour wheel of S. Baker et al., A Database and Evaluation Methodology for Optical Flow, IJCV 2011.
    """
    import torch
    from torchvision.utils import flow_to_image

    vectors = torch.from_numpy(np.ascontiguousarray(flow)).float() / max(peak, 1e-6)
    vectors = vectors / vectors.norm(dim=1, keepdim=True).clamp(min=1.0)
    # the wheel's strength is relative to the longest vector, so one of length 1 goes with them
    longest = torch.zeros_like(vectors[:1])
    longest[:, 0] = 1.0
    coloured = flow_to_image(torch.cat([vectors, longest]))[:-1]
    return np.asarray(coloured.permute(0, 2, 3, 1).numpy())


def flow_peak(flow: NDArray[np.float32]) -> float:
    """The length in pixels that all but one in a hundred vectors are below, at least a quarter of a pixel."""
    return max(0.25, float(np.quantile(np.hypot(flow[:, 0], flow[:, 1]), 0.99)))


def wheel() -> bytes:
    """The colours of all directions, as a PNG picture with the middle for no motion."""
    across = np.linspace(-1, 1, 2 * RIM, dtype=np.float32)
    vectors = np.stack(np.meshgrid(across, across))[None]
    colours = flow_colours(vectors, 1.0)[0]
    opaque = np.where(np.hypot(vectors[0, 0], vectors[0, 1]) <= 1, 255, 0).astype(np.uint8)
    buffer = BytesIO()
    Image.fromarray(np.dstack([colours, opaque])).save(buffer, "PNG")
    return buffer.getvalue()
