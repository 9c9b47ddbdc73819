"""Frames of several methods side by side, each with its name above."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.video.pixels import Pixels

LABEL, GAP = 24, 4
"""Pixels above the frames for names, and between two of them."""
LETTER = 15
"""Height of the letters in pixels."""
WHITE_ON_BLACK = 235


def size_beside(height: int, width: int, number: int) -> tuple[int, int]:
    """Height and width of so many frames side by side, both even, as players want them."""
    across = number * width + (number - 1) * GAP
    down = height + LABEL
    return down + down % 2, across + across % 2


def beside(images: Mapping[str, Pixels]) -> Pixels:
    """``(N, H, W, 3)`` of every name, all of one size and depth, to ``(N, *size_beside, 3)``."""
    first = next(iter(images.values()))
    number, height, width, _ = first.shape
    whole = np.zeros((number, *size_beside(height, width, len(images)), 3), first.dtype)
    for place, (name, frames) in enumerate(images.items()):
        left = place * (width + GAP)
        whole[:, LABEL : LABEL + height, left : left + width] = frames
        whole[:, :LABEL, left : left + width] = _label(name, width, first.dtype)
    return whole


def _label(name: str, width: int, depth: np.dtype[np.unsignedinteger]) -> Pixels:
    """A name in white on black, ``(LABEL, width, 3)``, smaller where it is long."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(LETTER)
    longest = font.getlength(name)
    if longest > width:
        font = ImageFont.load_default(max(6.0, LETTER * width / longest))
    picture = Image.new("L", (width, LABEL))
    ImageDraw.Draw(picture).text((width / 2, LABEL / 2), name, fill=WHITE_ON_BLACK, font=font, anchor="mm")
    levels = np.asarray(picture)[..., None].repeat(3, axis=2)
    return levels if depth == np.uint8 else levels.astype(np.uint16) * 257
