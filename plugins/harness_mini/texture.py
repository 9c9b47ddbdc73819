"""Pictures that surfaces are made of: overlapping leaves, coloured noise, and the patterns of cloth."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft

Picture = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]
Rng = np.random.Generator
Colour = tuple[float, float, float]

SIZE = 512
_SHIFT = 4  # binary digits of a pixel that OpenCV draws with


def pink(size: int, exponent: float, rng: Rng) -> Plane:
    """Noise `(size, size)` that tiles, of mean 0 and standard deviation 1; its amplitude falls as 1/f^exponent."""
    white = rng.standard_normal((size, size), dtype=np.float32)
    plane = fft.irfft2(fft.rfft2(white) * _falling(size, exponent), (size, size))
    return np.asarray(plane / plane.std(), dtype=np.float32)


@lru_cache(maxsize=16)
def _falling(size: int, exponent: float) -> Plane:
    """1/f^exponent for every coefficient of a real picture's spectrum, 0 for its mean."""
    frequency = np.hypot(fft.fftfreq(size)[:, None], fft.rfftfreq(size)[None, :])
    frequency[0, 0] = np.inf
    return np.asarray(frequency**-exponent, dtype=np.float32)


def tone(rng: Rng, hue: float, saturation: tuple[float, float], value: tuple[float, float], spread: float) -> Colour:
    """A colour in [0, 1] whose hue lies within `spread` of `hue`."""
    return colorsys.hsv_to_rgb(
        (hue + rng.uniform(-spread, spread)) % 1.0, rng.uniform(*saturation), rng.uniform(*value)
    )


def plain(colour: Colour, size: int = SIZE) -> Picture:
    """One colour, `(size, size, 3)`."""
    return np.full((size, size, 3), np.asarray(colour) * 255 + 0.5).astype(np.uint8)


def radii(count: int, span: tuple[float, float], rng: Rng) -> npt.NDArray[np.float64]:
    """Sizes `(count,)` in `span` whose density falls with their third power, as those of things in photographs do."""
    low, high = span[0] ** -2, span[1] ** -2
    return np.asarray((low + rng.random(count) * (high - low)) ** -0.5)


def leaves(
    ground: Picture,
    sizes: Sequence[float] | npt.NDArray[np.float64],
    colour: Callable[[float], Colour],
    rng: Rng,
    *,
    discs: float = 0.5,
    slender: tuple[float, float] = (0.4, 1.0),
) -> Picture:
    """`ground` under overlapping leaves, the last on top; the picture tiles.

    sizes: half the length of each in pixels. colour: of the leaf at this share of the pile, 0 the lowest to 1 the top.
    discs: share of ellipses, the others are rectangles. slender: width as a share of the length, low and high.
    """
    out = ground.copy()
    side = out.shape[0]
    for index, size in enumerate(sizes):
        outline = _outline(float(size), float(size * rng.uniform(*slender)), bool(rng.random() < discs), rng)
        shade = tuple(255 * channel for channel in colour(index / len(sizes)))
        x, y = rng.uniform(0, side, 2)
        for left in (x - side, x, x + side):
            for top in (y - side, y, y + side):
                if -size * 1.5 < left < side + size * 1.5 and -size * 1.5 < top < side + size * 1.5:
                    corners = np.round((outline + np.array([left, top])) * 2**_SHIFT).astype(np.int32)
                    cv2.fillPoly(out, [corners], shade, cv2.LINE_AA, _SHIFT)
    return out


def _outline(length: float, width: float, disc: bool, rng: Rng) -> npt.NDArray[np.float64]:
    """Corners of a leaf about the origin, `(N, 2)`."""
    turn = rng.uniform(0, 2 * np.pi)
    steps = np.linspace(0, 2 * np.pi, 24, endpoint=False) if disc else np.pi / 4 + np.pi / 2 * np.arange(4)
    shape = np.stack([length * np.cos(steps), width * np.sin(steps)], axis=-1)
    cos, sin = np.cos(turn), np.sin(turn)
    return np.asarray(shape @ np.array([[cos, sin], [-sin, cos]]))


def shaded(picture: Picture, rng: Rng, coarse: float = 0.06, fine: float = 0.02) -> Picture:
    """`picture` with shading as of an uneven, worn surface; `coarse` and `fine` are standard deviations."""
    size = picture.shape[0]
    factor = 1 + coarse * pink(size, 1.2, rng) + fine * pink(size, 0.6, rng)
    return np.asarray(np.clip(picture * factor[..., None] + 0.5, 0, 255), dtype=np.uint8)


def blurred(picture: Picture, sigma: float) -> Picture:
    """`picture` under a Gaussian of `sigma` pixels; what tiled still does."""
    around = int(4 * sigma) + 1
    wide = cv2.copyMakeBorder(picture, around, around, around, around, cv2.BORDER_WRAP)
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), sigma)[around:-around, around:-around], dtype=np.uint8)


def _axes(size: int, cells: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Row and column coordinates `(size, 1)` and `(1, size)` in cells."""
    at = np.arange(size) * cells / size
    return at[:, None], at[None, :]


def _folds(size: int, cells: int, rng: Rng) -> npt.NDArray[Any]:
    return np.asarray(np.clip(0.5 + 0.25 * pink(size, 1.6, rng), 0, 1))


def _checks(size: int, cells: int, rng: Rng) -> npt.NDArray[Any]:
    row, column = _axes(size, 2 * cells)
    return np.asarray((row.astype(int) + column.astype(int)) % 2)


def _tartan(size: int, cells: int, rng: Rng) -> npt.NDArray[Any]:
    row, column = _axes(size, cells)
    return np.asarray(0.5 * (row % 1.0 < 0.4) + 0.5 * (column % 1.0 < 0.4))


def _stripes(size: int, cells: int, rng: Rng) -> npt.NDArray[Any]:
    row, column = _axes(size, cells)
    along = column if rng.random() < 0.3 else row
    return np.broadcast_to(along % 1.0 < rng.uniform(0.35, 0.6), (size, size))


def _dots(size: int, cells: int, rng: Rng) -> npt.NDArray[Any]:
    row, column = _axes(size, cells)
    distance = np.hypot(row % 1.0 - 0.5, (column + 0.5 * (row.astype(int) % 2)) % 1.0 - 0.5)
    return np.asarray(distance < rng.uniform(0.26, 0.36))


CLOTHS: Final[dict[str, Callable[[int, int, Rng], npt.NDArray[Any]]]] = {
    "folds": _folds,
    "checks": _checks,
    "tartan": _tartan,
    "stripes": _stripes,
    "dots": _dots,
}


def cloth(kind: str, cells: int, colours: tuple[Any, Any], rng: Rng, size: int = 64) -> Picture:
    """Cloth `(size, size, 3)` that tiles, of two colours in [0, 1].

    kind: a key of `CLOTHS`. cells: how often its pattern repeats along a side. It is blurred by 1.5 pixels.
    """
    plane = np.asarray(CLOTHS[kind](size, cells, rng), dtype=np.float64)[..., None]
    picture = np.asarray(colours[0]) * (1 - plane) + np.asarray(colours[1]) * plane
    return blurred(shaded(np.asarray(picture * 255 + 0.5, dtype=np.uint8), rng, 0.08, 0.02), 1.5)
