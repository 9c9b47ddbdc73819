"""Furniture of boxes and panels, side by side along a wall."""

from __future__ import annotations

from collections.abc import Callable

from harness_mini import fronts, surfaces
from harness_mini.panels import UP, Footprint, Panel, Room, Wall
from harness_mini.surfaces import Surface
from harness_mini.texture import Rng, plain, shaded, tone


def furnish(room: Room, wall: Wall, reach: tuple[float, float], height: float, rng: Rng) -> None:
    """Things side by side along a wall, from left to right."""
    at = reach[0] + rng.uniform(0, 0.8)
    while at < reach[1]:
        piece = FURNITURE[int(rng.integers(len(FURNITURE)))]
        at += piece(room, wall, at, height, rng) + rng.uniform(0.1, 0.7)


def _box(room: Room, wall: Wall, left: float, size: tuple[float, float, float], front: Surface, body: Surface) -> None:
    """A box against the wall; size: width, height and depth in metres."""
    width, height, depth = size
    right = left + width
    corner = wall.foot + left * wall.along + height * UP
    inwards, along = depth * wall.inwards, width * wall.along
    room.panels += [
        wall.panel(left, right, 0, height, front, depth),
        Panel(corner, along, inwards, body),
        Panel(corner, inwards, -height * UP, body),
        Panel(corner + along + inwards, -inwards, -height * UP, body),
    ]
    middle = wall.foot + (left + width / 2) * wall.along + inwards / 2
    room.footprints.append(Footprint(middle[:2], wall.along[:2], (width / 2, depth / 2)))


def _bookcase(room: Room, wall: Wall, left: float, height: float, rng: Rng) -> float:
    size = (rng.uniform(0.8, 1.3), min(rng.uniform(1.3, 2.3), height - 0.2), rng.uniform(0.28, 0.4))
    _box(room, wall, left, size, fronts.books(rng), _wood(rng))
    return size[0]


def _cupboard(room: Room, wall: Wall, left: float, height: float, rng: Rng) -> float:
    size = (rng.uniform(0.8, 1.8), rng.uniform(0.6, 1.2), rng.uniform(0.35, 0.5))
    front = fronts.doors(rng)
    _box(room, wall, left, size, front, _wood(rng))
    if rng.random() < 0.7:
        _hang(room, wall, left + 0.1, size[0] - 0.2, (size[1] + 0.3, height - 0.25), rng)
    elif rng.random() < 0.6:
        wide = rng.uniform(0.4, 0.8)
        room.panels.append(wall.panel(left, left + wide, size[1] - 0.03, size[1] + wide, fronts.crown(rng), 0.2))
    return size[0]


def _sofa(room: Room, wall: Wall, left: float, height: float, rng: Rng) -> float:
    width = rng.uniform(1.4, 2.1)
    stuff = _stuff(rng)
    _box(room, wall, left, (width, rng.uniform(0.75, 0.9), 0.35), stuff, stuff)
    _box(room, wall, left + 0.15, (width - 0.3, 0.42, 0.8), stuff, stuff)
    for arm in (left, left + width - 0.18):
        _box(room, wall, arm, (0.18, 0.6, 0.8), stuff, stuff)
    if rng.random() < 0.7:
        _hang(room, wall, left + 0.2, width - 0.4, (1.2, height - 0.25), rng)
    return width


def _window(room: Room, wall: Wall, left: float, height: float, rng: Rng) -> float:
    width, low, high = rng.uniform(0.9, 1.8), rng.uniform(0.75, 1.0), min(2.3, height - 0.2)
    room.panels.append(wall.panel(left, left + width, low, high, fronts.window(rng), 0.01))
    sill = Surface(plain((0.85, 0.84, 0.8)))
    room.panels.append(wall.panel(left - 0.06, left + width + 0.06, low - 0.05, low, sill, 0.08))
    if rng.random() < 0.5:
        stuff = _stuff(rng)
        for start in (left - 0.25, left + width - 0.05):
            room.panels.append(wall.panel(start, start + 0.3, 0.1, high + 0.1, stuff, 0.06))
    return width + 0.2


def _pictures(room: Room, wall: Wall, left: float, height: float, rng: Rng) -> float:
    width = rng.uniform(0.6, 1.5)
    _hang(room, wall, left, width, (0.9, min(2.4, height - 0.2)), rng)
    return width


def _plant(room: Room, wall: Wall, left: float, height: float, rng: Rng) -> float:
    wide = rng.uniform(0.7, 1.2)
    pot = Surface(plain(tone(rng, 0.05, (0.1, 0.7), (0.3, 0.8), 0.05)))
    room.panels.append(wall.panel(left, left + wide, 0.3, 0.3 + rng.uniform(1.0, 1.6) * wide, fronts.crown(rng), 0.3))
    _box(room, wall, left + wide / 2 - 0.17, (0.34, 0.42, 0.34), pot, pot)
    return wide


def _hang(room: Room, wall: Wall, left: float, width: float, span: tuple[float, float], rng: Rng) -> None:
    """A picture on the wall, somewhere within a stretch of it and two heights."""
    tall = min(rng.uniform(0.5, 1.0) * width, span[1] - span[0])
    low = rng.uniform(span[0], span[1] - tall)
    room.panels.append(wall.panel(left, left + width, low, low + tall, fronts.painting(rng), 0.02))


FURNITURE: tuple[Callable[[Room, Wall, float, float, Rng], float], ...] = (
    _bookcase, _bookcase, _cupboard, _sofa, _window, _window, _pictures, _plant,
)  # fmt: skip


def _wood(rng: Rng) -> Surface:
    return Surface(surfaces.planks(rng).picture, 2.0)


def _stuff(rng: Rng) -> Surface:
    """Cloth of furniture and curtains."""
    colour = tone(rng, rng.random(), (0.05, 0.6), (0.25, 0.85), 0)
    return Surface(shaded(plain(colour, 128), rng, 0.1, 0.03), 1.2)
