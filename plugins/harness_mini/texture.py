"""Fine procedural textures: pictures of two colours and their shades, drawn from a random generator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float64]


def value_noise(size: int, cells: int, rng: np.random.Generator) -> Plane:
    """Smooth noise `(size, size)` in [0, 1] that tiles, with `cells` random values along a side."""
    grid = rng.random((cells, cells))
    at = np.arange(size) * cells / size
    low = at.astype(int)
    part = at - low
    ease = part * part * (3 - 2 * part)
    high = (low + 1) % cells
    rows = grid[low] * (1 - ease)[:, None] + grid[high] * ease[:, None]
    return np.asarray(rows[:, low] * (1 - ease) + rows[:, high] * ease, dtype=np.float64)


def _axes(size: int, cells: int) -> tuple[Plane, Plane]:
    """Row and column coordinates `(size, 1)` and `(1, size)` in cells."""
    at = np.arange(size) * cells / size
    return at[:, None], at[None, :]


def _noise(size: int, cells: int, rng: np.random.Generator) -> Plane:
    plane = 0.45 * value_noise(size, cells, rng) + 0.55 * value_noise(size, 2 * cells, rng)
    return np.clip((plane - 0.5) * 3.0 + 0.5, 0.0, 1.0)


def _checks(size: int, cells: int, rng: np.random.Generator) -> Plane:
    row, column = _axes(size, 2 * cells)
    return np.asarray((row.astype(int) + column.astype(int)) % 2, dtype=np.float64)


def _stripes(size: int, cells: int, rng: np.random.Generator) -> Plane:
    row, column = _axes(size, cells)
    # whole numbers of waves along both sides keep the tiling seamless
    lean = int(rng.integers(-1, 2)) if rng.random() < 0.5 else 0
    along = column + lean * row if rng.random() < 0.7 else row + lean * column
    return np.broadcast_to((along % 1.0 < rng.uniform(0.35, 0.6)), (size, size)).astype(np.float64)


def _bricks(size: int, cells: int, rng: np.random.Generator) -> Plane:
    row, column = _axes(size, cells)
    line = row.astype(int)
    across = column / 2 + 0.5 * (line % 2)
    shade = 0.35 + 0.65 * rng.random((cells, cells))
    plane = shade[line % cells, across.astype(int) % cells]
    return np.asarray(np.where((row % 1.0 < 0.18) | (across % 1.0 < 0.1), 0.0, plane), dtype=np.float64)


def _dots(size: int, cells: int, rng: np.random.Generator) -> Plane:
    row, column = _axes(size, cells)
    shift = 0.5 * (row.astype(int) % 2)
    distance = np.hypot(row % 1.0 - 0.5, (column + shift) % 1.0 - 0.5)
    return (distance < rng.uniform(0.26, 0.36)).astype(np.float64)


FAMILIES: Final[dict[str, Callable[[int, int, np.random.Generator], Plane]]] = {
    "noise": _noise,
    "checks": _checks,
    "stripes": _stripes,
    "bricks": _bricks,
    "dots": _dots,
}


def draw(family: str, cells: int, colours: tuple[Any, Any], rng: np.random.Generator, size: int = 256) -> Picture:
    """A texture `(size, size, 3)` of 8-bit RGB that tiles.

    family: a key of `FAMILIES`. cells: how often the pattern repeats along a side.
    colours: two RGB colours in [0, 1], the pattern's dark and light ends. A little grain keeps it from being flat.
    """
    plane = FAMILIES[family](size, cells, rng)[..., None]
    picture = np.asarray(colours[0]) * (1 - plane) + np.asarray(colours[1]) * plane
    shade = 0.85 + 0.3 * value_noise(size, 8, rng)[..., None]
    grain = rng.normal(0.0, 0.006, (size, size, 1))
    return np.clip((picture * shade + grain) * 255.0 + 0.5, 0, 255).astype(np.uint8)
