"""The place of a clip: a furnished room, or a lawn or a pavement with what stands round it."""

from __future__ import annotations

import numpy as np

from harness_mini import fronts, surfaces
from harness_mini.furniture import furnish
from harness_mini.panels import UP, Footprint, Panel, Room, Wall, floor
from harness_mini.quaternion import Array
from harness_mini.surfaces import Surface
from harness_mini.texture import Rng, plain, shaded, tone


def draw_room(away: Array, rng: Rng) -> Room:
    """A place whose far side lies in the direction `away` `(3,)` from the actor, who is at the origin."""
    turn = np.deg2rad(rng.uniform(-18, 18))
    back = np.array(
        [away[0] * np.cos(turn) - away[1] * np.sin(turn), away[0] * np.sin(turn) + away[1] * np.cos(turn), 0]
    )
    along = np.cross(back, UP)
    far = Wall(back * rng.uniform(1.7, 3.0), along)
    return (_indoors if rng.random() < 0.65 else _outdoors)(far, rng)


def _indoors(far: Wall, rng: Rng) -> Room:
    side = float(rng.choice([-1.0, 1.0])) * rng.uniform(2.2, 4.5)
    # seen from inside, a wall on the right runs towards the camera
    flank = Wall(far.foot + side * far.along, np.sign(side) * far.inwards)
    wall, height = surfaces.one_of(surfaces.WALLS, rng), rng.uniform(2.5, 3.4)
    room = Room([floor(surfaces.one_of(surfaces.FLOORS, rng), 24.0)])
    strip = Surface(plain(tone(rng, 0.08, (0.0, 0.5), (0.25, 0.95), 0.03)))
    for one in (far, flank):
        room.panels.append(one.panel(-9, 9, 0, height, wall))
        room.panels.append(one.panel(-9, 9, 0, rng.uniform(0.08, 0.14), strip, 0.015))
        room.footprints.append(Footprint(one.foot[:2] - 0.5 * one.inwards[:2], one.along[:2], (9.0, 0.5)))
    ceiling = far.foot - 9 * far.along + height * UP
    room.panels.append(Panel(ceiling, 18 * far.along, 9 * far.inwards, Surface(plain((0.86, 0.85, 0.82)))))
    if rng.random() < 0.45:
        room.panels.append(_rug(far, rng))
    furnish(room, far, (-3.2, 3.2), height, rng)
    return room


def _rug(far: Wall, rng: Rng) -> Panel:
    wide, deep = rng.uniform(1.2, 2.4), rng.uniform(0.8, 1.5)
    corner = -wide * far.along - deep * far.inwards + 0.004 * UP
    flat = Surface(surfaces.carpet(rng).picture)
    return Panel(corner, 2 * wide * far.along, 2 * deep * far.inwards, flat, is_floor=True)


def _outdoors(far: Wall, rng: Rng) -> Room:
    ground = surfaces.lawn(rng) if rng.random() < 0.7 else surfaces.paving(rng)
    room = Room([floor(ground, 40.0)])
    sky = shaded(plain(tone(rng, 0.58, (0.05, 0.45), (0.75, 1.0), 0.02)), rng, 0.07, 0.004)
    beyond = Wall(far.foot * 4.5, far.along)
    room.panels.append(beyond.panel(-40, 40, -2, 30, Surface(sky, 30.0)))
    for _ in range(int(rng.integers(2, 6))):
        at, wide = rng.uniform(-9, 9), rng.uniform(3, 6)
        room.panels.append(
            beyond.panel(at, at + wide, 0.2, rng.uniform(0.8, 1.3) * wide, fronts.crown(rng), rng.random())
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
            room.panels.append(wall.panel(at, at + wide, -0.1, rng.uniform(0.6, 1.2) * wide, fronts.crown(rng), 0.3))
    _stands(room, wall)


def _house(room: Room, wall: Wall, rng: Rng) -> None:
    front = surfaces.blocks(rng) if rng.random() < 0.6 else surfaces.mural(rng)
    room.panels.append(wall.panel(-12, 12, 0, rng.uniform(2.8, 5.0), front))
    at = rng.uniform(-4, -2.5)
    while at < 4:
        wide = rng.uniform(0.8, 1.3)
        if rng.random() < 0.65:
            low = rng.uniform(0.7, 1.0)
            room.panels.append(wall.panel(at, at + wide, low, low + 1.4, fronts.window(rng), 0.02))
        else:
            room.panels.append(wall.panel(at, at + 0.95, 0, 2.0, fronts.doors(rng), 0.02))
        at += wide + rng.uniform(0.8, 2.0)
    _stands(room, wall)
