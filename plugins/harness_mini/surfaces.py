"""What rooms and gardens are covered with: pictures that tile, each with the metres that its side stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from harness_mini.texture import SIZE, Colour, Picture, Rng, blurred, leaves, pink, plain, radii, shaded, tone


@dataclass(frozen=True)
class Surface:
    """picture: `(S, S, 3)`, or `(S, S, 4)` where the last channel says what is there (255) and what is air (0).

    metres: length of a side; the picture repeats beyond. None: it is stretched over whatever it covers, once.
    """

    picture: Picture
    metres: float | None = None


def paint(rng: Rng) -> Surface:
    """A painted or plastered wall."""
    colour = tone(rng, rng.random(), (0.03, 0.3), (0.55, 0.9), 0)
    return Surface(shaded(plain(colour), rng, 0.05, 0.015), 3.0)


def mural(rng: Rng) -> Surface:
    """A wall painted all over with discs and rectangles near one hue."""
    hue, grey = rng.random(), rng.uniform(0.05, 0.3)
    sizes = radii(int(rng.integers(30, 90)), (rng.uniform(30, 60), rng.uniform(200, 300)), rng)
    ground = plain(tone(rng, hue, (grey, grey + 0.2), (0.4, 0.7), 0))
    picture = leaves(ground, sizes, lambda _: tone(rng, hue, (grey, grey + 0.3), (0.18, 0.95), 0.12), rng)
    return Surface(blurred(shaded(picture, rng), rng.uniform(1, 3)), 3.2)


def wallpaper(rng: Rng) -> Surface:
    """A pale pattern that repeats."""
    hue = rng.random()
    low, high = tone(rng, hue, (0.05, 0.35), (0.35, 0.65), 0.03), tone(rng, hue, (0.03, 0.25), (0.7, 0.95), 0.08)
    motif = leaves(plain(high, 128), radii(5, (14, 40), rng), lambda _: low, rng, discs=0.8)
    motif = np.hstack([motif, motif[:, ::-1]])
    motif = np.vstack([motif, np.roll(motif, 128, axis=1)])
    picture = np.tile(motif, (2, 2, 1))
    return Surface(blurred(shaded(picture, rng, 0.04, 0.015), rng.uniform(1, 2.5)), 2.6)


def blocks(rng: Rng) -> Surface:
    """A wall of large stones."""
    hue, grey = rng.uniform(0.02, 0.14), rng.uniform(0.05, 0.4)
    picture = plain(tone(rng, hue, (0.02, 0.1), (0.45, 0.75), 0))
    rows = int(rng.integers(8, 13))
    tall = SIZE / rows
    for row in range(rows):
        edges = np.cumsum(rng.uniform(1.4, 3.4, 64) * tall)
        edges = edges[edges < SIZE - tall]
        for left, right in zip([0, *edges], [*edges, SIZE], strict=True):
            shade = tone(rng, hue, (grey, grey + 0.15), (0.22, 0.82), 0.02)
            box(picture, left + 2, row * tall + 2, right - 2, (row + 1) * tall - 2, shade)
    return Surface(blurred(shaded(picture, rng, 0.08, 0.04), rng.uniform(1, 2)), 3.0)


def planks(rng: Rng) -> Surface:
    """A floor of boards."""
    hue, grey = rng.uniform(0.05, 0.11), rng.uniform(0.25, 0.55)
    light = rng.uniform(0.4, 0.75)
    picture = plain((0.2, 0.15, 0.1))
    count = int(rng.integers(10, 17))
    wide = SIZE / count
    for column in range(count):
        edges = np.sort(rng.uniform(0, SIZE, 2))
        for top, bottom in zip([0, *edges], [*edges, SIZE], strict=True):
            shade = tone(rng, hue, (grey, grey + 0.12), (light - 0.18, light + 0.18), 0.015)
            box(picture, column * wide + 1, top + 1, (column + 1) * wide - 1, bottom - 1, shade)
    grain = cv2.resize(pink(SIZE, 0.7, rng)[:, :SIZE], (SIZE, 4 * SIZE))[:SIZE]
    picture = np.clip(picture * (1 + 0.05 * grain[..., None]), 0, 255).astype(np.uint8)
    return Surface(blurred(shaded(picture, rng, 0.05, 0.01), rng.uniform(1, 2)), 2.4)


def carpet(rng: Rng) -> Surface:
    """A carpet with a pattern, the same in all four quarters."""
    hue, grey = rng.random(), rng.uniform(0.15, 0.5)
    sizes = radii(int(rng.integers(25, 60)), (rng.uniform(16, 30), 130), rng)
    ground = plain(tone(rng, hue, (grey, grey + 0.2), (0.3, 0.6), 0), SIZE // 2)
    quarter = leaves(ground, sizes, lambda _: tone(rng, hue, (grey, grey + 0.3), (0.15, 0.92), 0.12), rng)
    half = np.hstack([quarter, quarter[:, ::-1]])
    return Surface(blurred(shaded(np.vstack([half, half[::-1]]), rng, 0.05, 0.03), rng.uniform(1, 2.5)), 3.0)


def tiles(rng: Rng) -> Surface:
    """A floor of large tiles."""
    hue, count = rng.random(), int(rng.integers(5, 9))
    joint = tone(rng, hue, (0.02, 0.1), (0.35, 0.6), 0)
    low, apart = rng.uniform(0.35, 0.6), rng.uniform(0.05, 0.35)
    picture, wide = plain(joint), SIZE / count
    for row in range(count):
        for column in range(count):
            value = low + apart * ((row + column) % 2)
            shade = tone(rng, hue, (0.04, 0.25), (value - 0.05, value + 0.05), 0.02)
            box(picture, column * wide + 2, row * wide + 2, (column + 1) * wide - 2, (row + 1) * wide - 2, shade)
    return Surface(blurred(shaded(picture, rng, 0.05, 0.02), rng.uniform(1, 2)), 0.55 * count)


def lawn(rng: Rng) -> Surface:
    """Grass, with clover and some flowers."""
    hue = rng.uniform(0.2, 0.3)
    rough = plain(tone(rng, hue, (0.45, 0.65), (0.32, 0.5), 0))
    patches = radii(500, (6, 70), rng)
    picture = leaves(rough, patches, lambda _: tone(rng, hue, (0.35, 0.7), (0.2, 0.62), 0.04), rng, discs=1.0)
    bright = tone(rng, rng.choice([0.0, 0.14, 0.75]), (0.0, 0.6), (0.8, 1.0), 0.03)
    picture = leaves(picture, [4.0] * int(rng.integers(0, 40)), lambda _: bright, rng, discs=1.0)
    return Surface(blurred(shaded(picture, rng, 0.1, 0.08), rng.uniform(0.8, 1.4)), 4.0)


def paving(rng: Rng) -> Surface:
    """Flagstones of many sizes."""
    hue, grey = rng.random(), rng.uniform(0.02, 0.15)
    sizes = radii(160, (22, 90), rng)
    ground = plain(tone(rng, hue, (grey, grey), (0.35, 0.5), 0))
    picture = leaves(ground, sizes, lambda _: tone(rng, hue, (grey, grey + 0.1), (0.3, 0.85), 0.05), rng, discs=0.3)
    return Surface(blurred(shaded(picture, rng, 0.06, 0.04), rng.uniform(1, 2)), 3.5)


def foliage(rng: Rng) -> Surface:
    """Leaves of a hedge: dark in its depth, light where the sun is."""
    hue, lit = rng.uniform(0.2, 0.36), rng.uniform(0.5, 0.8)
    sizes = radii(420, (11, 60), rng)

    def colour(height: float) -> Colour:
        return tone(rng, hue, (0.35, 0.7), (0.1 + 0.3 * lit * height, 0.3 + lit * 0.7 * height), 0.04)

    picture = leaves(plain((0.06, 0.12, 0.05)), sizes, colour, rng, discs=1.0, slender=(0.35, 0.7))
    return Surface(blurred(shaded(picture, rng, 0.15, 0.03), rng.uniform(1.2, 2.5)), 2.4)


def boards(rng: Rng) -> Surface:
    """A fence or the doors of a cupboard: upright boards."""
    turned = planks(rng)
    return Surface(turned.picture, 1.8)


def box(picture: Picture, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
    """Paint a rectangle; corners in pixels, colour in [0, 1]."""
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) * 16
    cv2.fillPoly(picture, [np.round(corners).astype(np.int32)], [255 * channel for channel in colour], cv2.LINE_AA, 4)


WALLS: Final[tuple[Callable[[Rng], Surface], ...]] = (paint, mural, mural, wallpaper, wallpaper, blocks)
FLOORS: Final[tuple[Callable[[Rng], Surface], ...]] = (planks, carpet, tiles)


def one_of(kinds: tuple[Callable[[Rng], Surface], ...], rng: Rng) -> Surface:
    """A surface of one of these kinds."""
    return kinds[int(rng.integers(len(kinds)))](rng)
