"""What a clip looks like apart from its actor: the ranges of both splits, kept apart, and the settings drawn from them.

A *setting* is one camera, one place and one light; clips of different classes share it (it is their `group`).
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness_mini.texture import FAMILIES, Picture, draw

Span = tuple[float, float]


@dataclass(frozen=True)
class Ranges:
    """Where a split's settings come from; every list is disjoint from the other split's.

    azimuths: camera angle round the actor in degrees, 0 in front of them, 90 from their right.
    heights, distances: of the camera, metres. hues: of floor and wall, share of the colour circle.
    cells: pattern repeats on a texture's side.
    """

    azimuths: tuple[Span, ...]
    heights: tuple[Span, ...]
    distances: tuple[Span, ...]
    hues: tuple[Span, ...]
    cells: tuple[int, ...]


# the splits interleave: training shows no camera, colour or pattern of the test split, but ones that are near
RANGES: Final[dict[str, Ranges]] = {
    "train": Ranges(
        azimuths=((50, 70), (80, 100), (110, 130)),
        heights=((0.9, 1.2), (1.35, 1.7)),
        distances=((3.1, 3.35), (3.5, 3.8)),
        hues=((0.0, 0.1), (0.15, 0.3), (0.35, 0.5), (0.55, 0.7), (0.75, 0.9)),
        cells=(6, 8, 10, 14, 18, 22),
    ),
    "test": Ranges(
        azimuths=((71, 79), (101, 109)),
        heights=((1.22, 1.33),),
        distances=((3.37, 3.48),),
        hues=((0.1, 0.15), (0.3, 0.35), (0.5, 0.55), (0.7, 0.75), (0.9, 1.0)),
        cells=(7, 9, 12, 16, 20),
    ),
}


@dataclass(frozen=True)
class Setting:
    """One camera, place and light. Angles in degrees, lengths in metres, pictures 8-bit RGB `(256, 256, 3)`.

    light: direction towards the lamp `(x, y, z)` in the camera's frame (x away from the camera, y left, z up).
    """

    azimuth: float
    height: float
    distance: float
    wall_distance: float
    wall_turn: float
    floor: Picture
    wall: Picture
    light: tuple[float, float, float]
    ambient: float


def _pick(spans: tuple[Span, ...], rng: np.random.Generator) -> float:
    """A number from one of `spans`, longer ones being likelier in proportion."""
    lengths = np.array([high - low for low, high in spans])
    low, high = spans[rng.choice(len(spans), p=lengths / lengths.sum())]
    return float(rng.uniform(low, high))


def _two_colours(hue: float, rng: np.random.Generator) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """A dark and a light shade near one hue, far enough apart to be seen as a pattern."""
    dark, light = rng.uniform(0.3, 0.5), rng.uniform(0.65, 0.85)
    # paler than the actors' clothes, as rooms are
    saturation = rng.uniform(0.05, 0.3, 2)
    return colorsys.hsv_to_rgb(hue, saturation[0], dark), colorsys.hsv_to_rgb(hue, saturation[1], light)


def _surface(ranges: Ranges, rng: np.random.Generator) -> Picture:
    family = str(rng.choice(list(FAMILIES)))
    return draw(family, int(rng.choice(ranges.cells)), _two_colours(_pick(ranges.hues, rng), rng), rng)


def draw_setting(split: str, rng: np.random.Generator) -> Setting:
    """A setting of `split` ("train" or "test")."""
    ranges = RANGES[split]
    side, up = rng.uniform(-0.8, 0.8), rng.uniform(1.0, 1.8)
    return Setting(
        azimuth=_pick(ranges.azimuths, rng),
        height=_pick(ranges.heights, rng),
        distance=_pick(ranges.distances, rng),
        wall_distance=float(rng.uniform(1.8, 3.0)),
        wall_turn=float(rng.uniform(-18, 18)),
        floor=_surface(ranges, rng),
        wall=_surface(ranges, rng),
        light=(-1.0, float(side), float(up)),
        ambient=float(rng.uniform(0.45, 0.6)),
    )
