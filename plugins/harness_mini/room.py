"""The place of a clip as flat panels: walls, floor, furniture, windows; or a lawn with what stands round it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from harness_mini import surfaces
from harness_mini.quaternion import Array
from harness_mini.surfaces import Surface
from harness_mini.texture import Rng, plain, shaded, tone


@dataclass(frozen=True)
class Panel:
    """A parallelogram in the world: a corner and two edges `(3,)` in metres; its picture is upright along -down."""

    corner: Array
    across: Array
    down: Array
    surface: Surface
    is_floor: bool = False


@dataclass(frozen=True)
class Footprint:
    """Where on the floor something stands: centre `(2,)`, unit vector along it `(2,)`, half its length and depth."""

    centre: Array
    along: Array
    half: tuple[float, float]


@dataclass
class Room:
    """Panels, what stands on the floor, and whether it is in the open."""

    panels: list[Panel] = field(default_factory=list)
    footprints: list[Footprint] = field(default_factory=list)


UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Wall:
    """A wall: where its foot is nearest to the actor, the direction along it (to the right, seen from inside)."""

    foot: Array
    along: Array

    @property
    def inwards(self) -> Array:
        """Unit vector `(3,)` from the wall into the room."""
        return np.asarray(np.cross(self.along, UP))

    def panel(self, left: float, right: float, low: float, high: float, surface: Surface, ahead: float = 0.0) -> Panel:
        """The part of the wall between two distances along it and two heights, `ahead` metres in front of it."""
        corner = self.foot + left * self.along + high * UP + ahead * self.inwards
        return Panel(corner, (right - left) * self.along, (low - high) * UP, surface)


def draw_room(away: Array, rng: Rng) -> Room:
    """A place whose far side lies in the direction `away` `(3,)` from the actor, who is at the origin."""
    turn = np.deg2rad(rng.uniform(-18, 18))
    back = np.array(
        [away[0] * np.cos(turn) - away[1] * np.sin(turn), away[0] * np.sin(turn) + away[1] * np.cos(turn), 0]
    )
    along = np.cross(back, UP)
    far = Wall(back * rng.uniform(1.7, 3.0), along)
    return (_indoors if rng.random() < 0.65 else _outdoors)(far, rng)


def _floor(surface: Surface, size: float = 24.0) -> Panel:
    corner = np.array([-size / 2, -size / 2, 0.0])
    return Panel(corner, np.array([size, 0.0, 0.0]), np.array([0.0, size, 0.0]), surface, is_floor=True)


def _indoors(far: Wall, rng: Rng) -> Room:
    side = float(rng.choice([-1.0, 1.0])) * rng.uniform(2.2, 4.5)
    # seen from inside, a wall on the right runs towards the camera
    flank = Wall(far.foot + side * far.along, np.sign(side) * far.inwards)
    wall, height = surfaces.one_of(surfaces.WALLS, rng), rng.uniform(2.5, 3.4)
    room = Room([_floor(surfaces.one_of(surfaces.FLOORS, rng))])
    strip = Surface(plain(tone(rng, 0.08, (0.0, 0.5), (0.25, 0.95), 0.03)))
    for one in (far, flank):
        room.panels.append(one.panel(-9, 9, 0, height, wall))
        room.panels.append(one.panel(-9, 9, 0, rng.uniform(0.08, 0.14), strip, 0.015))
        room.footprints.append(Footprint(one.foot[:2] - 0.5 * one.inwards[:2], one.along[:2], (9.0, 0.5)))
    ceiling = far.foot - 9 * far.along + height * UP
    room.panels.append(Panel(ceiling, 18 * far.along, 9 * far.inwards, Surface(plain((0.86, 0.85, 0.82)))))
    if rng.random() < 0.45:
        room.panels.append(_rug(far, rng))
    _furnish(room, far, (-3.2, 3.2), height, rng)
    return room


def _rug(far: Wall, rng: Rng) -> Panel:
    wide, deep = rng.uniform(1.2, 2.4), rng.uniform(0.8, 1.5)
    corner = -wide * far.along - deep * far.inwards + 0.004 * UP
    flat = Surface(surfaces.carpet(rng).picture)
    return Panel(corner, 2 * wide * far.along, 2 * deep * far.inwards, flat, is_floor=True)


def _furnish(room: Room, wall: Wall, reach: tuple[float, float], height: float, rng: Rng) -> None:
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
    _box(room, wall, left, size, surfaces.books(rng), _wood(rng))
    return size[0]


def _cupboard(room: Room, wall: Wall, left: float, height: float, rng: Rng) -> float:
    size = (rng.uniform(0.8, 1.8), rng.uniform(0.6, 1.2), rng.uniform(0.35, 0.5))
    front = surfaces.doors(rng)
    _box(room, wall, left, size, front, _wood(rng))
    if rng.random() < 0.7:
        _hang(room, wall, left + 0.1, size[0] - 0.2, (size[1] + 0.3, height - 0.25), rng)
    elif rng.random() < 0.6:
        wide = rng.uniform(0.4, 0.8)
        room.panels.append(wall.panel(left, left + wide, size[1] - 0.03, size[1] + wide, surfaces.crown(rng), 0.2))
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
    room.panels.append(wall.panel(left, left + width, low, high, surfaces.window(rng), 0.01))
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
    room.panels.append(wall.panel(left, left + wide, 0.3, 0.3 + rng.uniform(1.0, 1.6) * wide, surfaces.crown(rng), 0.3))
    _box(room, wall, left + wide / 2 - 0.17, (0.34, 0.42, 0.34), pot, pot)
    return wide


def _hang(room: Room, wall: Wall, left: float, width: float, span: tuple[float, float], rng: Rng) -> None:
    """A picture on the wall, somewhere within a stretch of it and two heights."""
    tall = min(rng.uniform(0.5, 1.0) * width, span[1] - span[0])
    low = rng.uniform(span[0], span[1] - tall)
    room.panels.append(wall.panel(left, left + width, low, low + tall, surfaces.painting(rng), 0.02))


FURNITURE: tuple[Callable[[Room, Wall, float, float, Rng], float], ...] = (
    _bookcase, _bookcase, _cupboard, _sofa, _window, _window, _pictures, _plant,
)  # fmt: skip


def _wood(rng: Rng) -> Surface:
    return Surface(surfaces.planks(rng).picture, 2.0)


def _stuff(rng: Rng) -> Surface:
    """Cloth of furniture and curtains."""
    colour = tone(rng, rng.random(), (0.05, 0.6), (0.25, 0.85), 0)
    return Surface(shaded(plain(colour, 128), rng, 0.1, 0.03), 1.2)


def _outdoors(far: Wall, rng: Rng) -> Room:
    ground = surfaces.lawn(rng) if rng.random() < 0.7 else surfaces.paving(rng)
    room = Room([_floor(ground, 40.0)])
    sky = shaded(plain(tone(rng, 0.58, (0.05, 0.45), (0.75, 1.0), 0.02)), rng, 0.07, 0.004)
    beyond = Wall(far.foot * 4.5, far.along)
    room.panels.append(beyond.panel(-40, 40, -2, 30, Surface(sky, 30.0)))
    for _ in range(int(rng.integers(2, 6))):
        at, wide = rng.uniform(-9, 9), rng.uniform(3, 6)
        room.panels.append(
            beyond.panel(at, at + wide, 0.2, rng.uniform(0.8, 1.3) * wide, surfaces.crown(rng), rng.random())
        )
    behind = Wall(far.foot * rng.uniform(1.0, 1.3), far.along)
    (_house, _hedge, _hedge, _fence)[int(rng.integers(4))](room, behind, rng)
    return room


def _stands(room: Room, wall: Wall) -> None:
    room.footprints.append(Footprint(wall.foot[:2] - 0.4 * wall.inwards[:2], wall.along[:2], (12.0, 0.4)))


def _hedge(room: Room, wall: Wall, rng: Rng) -> None:
    room.panels.append(wall.panel(-12, 12, 0, rng.uniform(1.1, 2.4), surfaces.foliage(rng)))
    _stands(room, wall)


def _fence(room: Room, wall: Wall, rng: Rng) -> None:
    room.panels.append(wall.panel(-12, 12, 0.04, rng.uniform(1.0, 2.0), surfaces.boards(rng)))
    for at in np.arange(-6, 6, rng.uniform(1.5, 2.4)):
        if rng.random() < 0.5:
            wide = rng.uniform(0.8, 1.6)
            room.panels.append(wall.panel(at, at + wide, -0.1, rng.uniform(0.6, 1.2) * wide, surfaces.crown(rng), 0.3))
    _stands(room, wall)


def _house(room: Room, wall: Wall, rng: Rng) -> None:
    front = surfaces.blocks(rng) if rng.random() < 0.6 else surfaces.mural(rng)
    room.panels.append(wall.panel(-12, 12, 0, rng.uniform(2.8, 5.0), front))
    at = rng.uniform(-4, -2.5)
    while at < 4:
        wide = rng.uniform(0.8, 1.3)
        if rng.random() < 0.65:
            low = rng.uniform(0.7, 1.0)
            room.panels.append(wall.panel(at, at + wide, low, low + 1.4, surfaces.window(rng), 0.02))
        else:
            room.panels.append(wall.panel(at, at + 0.95, 0, 2.0, surfaces.doors(rng), 0.02))
        at += wide + rng.uniform(0.8, 2.0)
    _stands(room, wall)
