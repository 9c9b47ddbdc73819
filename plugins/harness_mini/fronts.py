"""What stands or hangs before walls: bookcases, cupboards, paintings, windows, and the crowns of plants and trees."""

from __future__ import annotations

import cv2
import numpy as np

from harness_mini.surfaces import Surface, box, foliage, mural
from harness_mini.texture import SIZE, Colour, Picture, Rng, blurred, pink, plain, shaded, tone


def books(rng: Rng) -> Surface:
    """The front of a full bookcase."""
    wood = tone(rng, 0.08, (0.2, 0.6), (0.3, 0.8), 0.02)
    picture = plain((0.08, 0.07, 0.06))
    shelves = int(rng.integers(4, 6))
    tall = SIZE / shelves
    hue, spread = rng.random(), rng.uniform(0.1, 0.5)
    for shelf in range(shelves):
        left, bottom = 14.0, (shelf + 1) * tall - 10
        while left < SIZE - 40:
            width, height = rng.uniform(10, 34), tall * rng.uniform(0.6, 0.85)
            if rng.random() < 0.92:
                shade = tone(rng, hue, (0.1, 0.7), (0.2, 0.9), spread)
                box(picture, left, bottom - height, left + width - 1, bottom, shade)
            left += width
        box(picture, 0, bottom, SIZE, bottom + 10, wood)
    for left in (0, SIZE - 14):
        box(picture, left, 0, left + 14, SIZE, wood)
    box(picture, 0, 0, SIZE, 10, wood)
    return Surface(blurred(shaded(picture, rng, 0.05, 0.02), rng.uniform(1, 2)))


def doors(rng: Rng) -> Surface:
    """The front of a cupboard."""
    hue, grey = (0.08, (0.3, 0.6)) if rng.random() < 0.6 else (rng.random(), (0.03, 0.35))
    body = tone(rng, hue, grey, (0.35, 0.85), 0.02)
    picture = plain(body)
    columns, rows = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    for row in range(rows):
        for column in range(columns):
            left, top, wide, tall = column * SIZE / columns, row * SIZE / rows, SIZE / columns, SIZE / rows
            box(
                picture,
                left + 8,
                top + 8,
                left + wide - 8,
                top + tall - 8,
                (body[0] * 0.6, body[1] * 0.6, body[2] * 0.6),
            )
            box(picture, left + 14, top + 14, left + wide - 8, top + tall - 8, (body[0], body[1], body[2]))
            box(picture, left + wide / 2 - 12, top + 34, left + wide / 2 + 12, top + 46, (0.2, 0.2, 0.2))
    return Surface(blurred(shaded(picture, rng, 0.06, 0.02), rng.uniform(1, 2)))


def painting(rng: Rng) -> Surface:
    """A framed picture."""
    inside = mural(rng).picture
    frame = tone(rng, rng.uniform(0.05, 0.15), (0.0, 0.6), (0.08, 0.9), 0)
    return Surface(_framed(inside, frame, 26))


def window(rng: Rng) -> Surface:
    """A window with its frame, and what is outside: sky over trees or houses."""
    top, low = tone(rng, 0.58, (0.1, 0.5), (0.75, 1.0), 0.03), tone(rng, 0.57, (0.02, 0.2), (0.85, 1.0), 0.03)
    share = np.linspace(0, 1, SIZE)[:, None, None]
    sky = np.asarray((np.asarray(top) * (1 - share) + np.asarray(low) * share) * 255).astype(np.uint8)
    sky = shaded(np.broadcast_to(sky, (SIZE, SIZE, 3)).astype(np.uint8), rng, 0.05, 0.005)
    ridge = SIZE * (rng.uniform(0.35, 0.7) + 0.06 * pink(SIZE, 1.0, rng)[0])
    outside = np.where((np.arange(SIZE)[:, None] > ridge[None, :])[..., None], foliage(rng).picture, sky)
    framed = _framed(blurred(outside.astype(np.uint8), 3), (0.9, 0.9, 0.88), 26)
    cross = int(rng.integers(180, 330))
    framed[:, SIZE // 2 - 10 : SIZE // 2 + 10] = framed[cross : cross + 14] = 215
    return Surface(blurred(framed, 1.2))


def _framed(picture: Picture, colour: Colour, width: int) -> Picture:
    out = picture.copy()
    for first, last, shade in ((0, width, 1.0), (width, width + 6, 0.6)):
        ring = tuple(255 * shade * channel for channel in colour)
        inner = (last + first) // 2
        cv2.rectangle(out, (inner, inner), (SIZE - 1 - inner, SIZE - 1 - inner), ring, last - first)
    return out


def crown(rng: Rng) -> Surface:
    """The crown of a tree or the leaves of a plant, with air round it."""
    picture = foliage(rng).picture
    row, column = np.mgrid[:SIZE, :SIZE] / SIZE - 0.5
    solid = (np.hypot(row, column) + 0.035 * pink(SIZE, 1.0, rng) < 0.4).astype(np.uint8) * 255
    return Surface(np.dstack([picture, solid]))
