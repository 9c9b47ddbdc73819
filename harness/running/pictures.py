"""Contact sheets: one frame as every method restored it, side by side, with a detail enlarged.

Pixels are repeated, never interpolated, so that what is seen is what the recogniser saw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import ContractError, UsageError
from harness.files import write_atomically
from harness.shortening import shortened

Image = NDArray[np.uint8]
Crop = tuple[int, int, int, int]
LABEL_HEIGHT, GAP = 22, 6
LETTER_HEIGHT, LEAST_LETTER_HEIGHT, LETTER_ASPECT = 14.0, 9.0, 1.4
"""Pixels, usually and for names that are long, and how much higher than wide a letter is on average."""
DPI = 128
"""A power of two, so that pixels survive conversion to inches and back exactly."""
WHITE, FRAME_COLOUR = 255, (230, 40, 40)
DETAIL_SHARE = 3
"""The default detail is this fraction of the frame's sides."""


@dataclass(frozen=True)
class Tile:
    """A picture with its place on the sheet (left, top, in pixels) and its label, which may be empty."""

    label: str
    image: Image
    left: int
    top: int


def strip(rows: Mapping[str, Image], zoom: int = 1) -> Image:
    """Pictures in a row with their names above, ``(H, W, 3)`` uint8 RGB.

    `rows` maps names to ``(h, w, 3)`` uint8 RGB pictures. The largest is enlarged `zoom` times; smaller ones, such as
    the low-resolution frame, are enlarged to the same size. Raises `ContractError` if a side of the largest is
    not a multiple of a smaller picture's.
    """
    return _sheet([{name: (_enlarged(image, _size(rows), zoom),) for name, image in rows.items()}])


def save_strips(path: Path, columns: Mapping[str, Sequence[Image]], *, zoom: int = 2) -> None:
    """Write a PNG with a column of frames for each name, which stands above it.

    `columns` are ``(h, w, 3)`` uint8 RGB, of which smaller ones are enlarged to the size of the largest. Raises
    `ContractError` for sizes that are no multiples of each other.
    """
    size = _size({name: frames[0] for name, frames in columns.items()})
    enlarged = {name: [_enlarged(frame, size, zoom) for frame in frames] for name, frames in columns.items()}
    _write(path, _sheet([enlarged]))


def save_comparison(
    path: Path, frames: Mapping[str, Image], crop: Crop | None = None, *, zoom: int = 2, columns: int = 5
) -> None:
    """Write a PNG of one frame by every method, each with an enlarged detail below it.

    `frames` maps names to ``(h, w, 3)`` uint8 RGB, in the order in which they are shown, `columns` to a row. `crop` is
    the detail in pixels of the largest frames as (top, left, height, width); without it, it is where the methods
    differ most. Raises `UsageError` for a crop outside the frame, `ContractError` for sizes that are no multiples of
    each other.
    """
    size = _size(frames)
    top, left, height, width = crop or most_different(frames)
    if not (0 <= top < top + height <= size[0] and 0 <= left < left + width <= size[1]):
        raise UsageError(f"crop (top, left, height, width) = {crop} leaves a frame of {size[0]} x {size[1]} pixels")
    details = max(1, size[1] * zoom // width)
    tiles = {}
    for name, image in frames.items():
        whole = _enlarged(image, size, 1)
        detail = _repeat(whole[top : top + height, left : left + width], details, details)
        tiles[name] = (_boxed(_repeat(whole, zoom, zoom), [zoom * v for v in (top, left, height, width)]), detail)
    names = list(frames)
    _write(path, _sheet([{n: tiles[n] for n in names[i : i + columns]} for i in range(0, len(names), columns)]))


def most_different(frames: Mapping[str, Image]) -> Crop:
    """Where to look: the window, a third of the frame high and wide, in which the largest frames differ most.

    Differences count less towards the edges, because the subject of a clip is rarely there. Returns (top, left, height,
    width) in pixels of the largest frames.
    """
    size = _size(frames)
    full = np.stack([image for image in frames.values() if image.shape[:2] == size]).astype(np.float64)
    spread = np.sqrt(full.var(axis=0).sum(axis=-1)) * np.outer(*(np.hanning(side + 2)[1:-1] for side in size))
    height, width = (max(1, side // DETAIL_SHARE) for side in size)
    table = np.pad(spread.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    total = table[height:, width:] - table[:-height, width:] - table[height:, :-width] + table[:-height, :-width]
    top, left = np.unravel_index(int(total.argmax()), total.shape)
    return int(top), int(left), height, width


def _size(frames: Mapping[str, Image]) -> tuple[int, int]:
    return max((image.shape[0], image.shape[1]) for image in frames.values())


def _enlarged(image: Image, size: tuple[int, int], zoom: int) -> Image:
    down, across = size[0] // image.shape[0], size[1] // image.shape[1]
    if (image.shape[0] * down, image.shape[1] * across) != size:
        raise ContractError(f"a picture of {image.shape[:2]} cannot be enlarged to {size} by repeating pixels")
    return _repeat(image, down * zoom, across * zoom)


def _repeat(image: Image, down: int, across: int) -> Image:
    return image.repeat(down, axis=0).repeat(across, axis=1)


def _boxed(image: Image, box: Sequence[int]) -> Image:
    """The picture with a frame of two pixels around a part of it."""
    top, left, height, width = box
    boxed = image.copy()
    boxed[top : top + height, left : left + width] = FRAME_COLOUR
    inner = (slice(top + 2, top + height - 2), slice(left + 2, left + width - 2))
    boxed[inner] = image[inner]
    return boxed


def _sheet(lines: Sequence[Mapping[str, Sequence[Image]]]) -> Image:
    """Lines of named columns of pictures on white, with the names written above the columns."""
    tiles: list[Tile] = []
    top = 0
    for line in lines:
        left = 0
        bottom = top
        for name, images in line.items():
            down = top + LABEL_HEIGHT
            for place, image in enumerate(images):
                tiles.append(Tile("" if place else name, image, left, down))
                down += image.shape[0] + GAP
            left += max(image.shape[1] for image in images) + GAP
            bottom = max(bottom, down)
        top = bottom
    height = max(t.top + t.image.shape[0] for t in tiles)
    width = max(t.left + t.image.shape[1] for t in tiles)
    canvas = np.full((height, width, 3), WHITE, np.uint8)
    for tile in tiles:
        canvas[tile.top : tile.top + tile.image.shape[0], tile.left : tile.left + tile.image.shape[1]] = tile.image
    return _with_labels(canvas, [tile for tile in tiles if tile.label])


def _with_labels(canvas: Image, tiles: Sequence[Tile]) -> Image:
    """Write every tile's label above it; the pictures themselves are not touched."""
    from matplotlib.figure import Figure

    height, width = canvas.shape[:2]
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    narrowest = min((tile.image.shape[1] for tile in tiles), default=width)
    names = shortened([tile.label for tile in tiles], round(LETTER_ASPECT * narrowest / LEAST_LETTER_HEIGHT))
    for tile, name in zip(tiles, names, strict=True):
        across = tile.image.shape[1]
        pixels = min(LETTER_HEIGHT, LETTER_ASPECT * across / len(name))
        place = ((tile.left + across / 2) / width, 1 - (tile.top - LABEL_HEIGHT / 2) / height)
        figure.text(*place, name, size=pixels * 72 / DPI, ha="center", va="center", parse_math=False)
    buffer = BytesIO()
    figure.savefig(buffer, format="rgba", dpi=DPI)
    text = np.frombuffer(buffer.getvalue(), np.uint8).reshape(height, width, 4)[..., :3]
    labelled = canvas.copy()
    for tile in tiles:
        rows = slice(tile.top - LABEL_HEIGHT, tile.top)
        labelled[rows] = np.minimum(labelled[rows], text[rows])
    return labelled


def _write(path: Path, image: Image) -> None:
    from matplotlib.image import imsave

    buffer = BytesIO()
    imsave(buffer, image, format="png", metadata={"Software": ""})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, buffer.getvalue())
