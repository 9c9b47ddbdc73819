"""What places are made of: flat panels with pictures on them, and walls to put panels on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from harness_mini.quaternion import Array
from harness_mini.surfaces import Surface

UP = np.array([0.0, 0.0, 1.0])


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
    """Panels, and what stands on the floor."""

    panels: list[Panel] = field(default_factory=list)
    footprints: list[Footprint] = field(default_factory=list)


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


def floor(surface: Surface, size: float) -> Panel:
    """The floor, of `size` metres a side."""
    corner = np.array([-size / 2, -size / 2, 0.0])
    return Panel(corner, np.array([size, 0.0, 0.0]), np.array([0.0, size, 0.0]), surface, is_floor=True)
