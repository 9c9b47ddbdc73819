"""Thin objects in the actor's hand, one to two pixels wide in a finished frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from harness_mini.mesh import Mesh, limb
from harness_mini.motions import JOINTS
from harness_mini.performer import Performance
from harness_mini.quaternion import Array, between, multiply, rotate
from harness_mini.skeleton import hands


@dataclass(frozen=True)
class Prop:
    """A rod: length and radius in metres (low, high), and the direction it points in.

    direction: in the forearm's frame (x forward, -y along the forearm, z right), or in the world (z up) if `upright`.
    """

    length: tuple[float, float]
    radius: tuple[float, float]
    direction: tuple[float, float, float]
    upright: bool


PROPS: Final[dict[str, Prop]] = {
    "sword": Prop((0.85, 1.0), (0.015, 0.02), (0.35, -1.0, 0.0), upright=False),
    "pole": Prop((1.2, 1.4), (0.013, 0.018), (0.3, 0.0, 1.0), upright=True),
}


@dataclass(frozen=True)
class HeldProp:
    """A prop as it moves: its mesh, RGB colour in [0, 1], positions `(T, 3)` and orientations `(T, 4)`."""

    mesh: Mesh
    colour: tuple[float, float, float]
    positions: Array
    orientations: Array
    length: float

    def ends(self) -> Array:
        """Both ends of the rod, `(T, 2, 3)` metres."""
        along = rotate(self.orientations, np.array([0.0, -self.length, 0.0]))
        return np.stack([self.positions, self.positions + along], axis=1)


def hold(name: str, performance: Performance, rng: np.random.Generator) -> HeldProp:
    """Put the prop `name` into the right hand of the performer (the left one if the motion is mirrored)."""
    prop, moved, body = PROPS[name], performance.pose, performance.body
    elbow = JOINTS.index("left_elbow" if performance.mirrored else "right_elbow")
    turned = moved.orientations[:, elbow]
    hand = hands(moved, body)[:, int(performance.mirrored)]
    pointing = np.asarray(prop.direction) + rng.normal(0.0, 0.08, 3)
    carried = between((0.0, -1.0, 0.0), pointing)
    if prop.upright:
        # the hand's swing turns the rod a little about the actor's side axis, y
        swing = 0.25 * (hand[:, 0] - moved.positions[:, 0, 0])
        half = np.stack([np.cos(swing / 2), 0 * swing, -np.sin(swing / 2), 0 * swing], axis=-1)
        facing = multiply(half, np.broadcast_to(carried, half.shape))
    else:
        facing = multiply(turned, np.broadcast_to(carried, turned.shape))
    length, radius = float(rng.uniform(*prop.length)), float(rng.uniform(*prop.radius))
    shade = rng.uniform(0.0, 0.15) if rng.random() < 0.5 else rng.uniform(0.85, 1.0)
    colour = np.clip(shade + rng.normal(0.0, 0.05, 3), 0.0, 1.0)
    # the hand holds the rod a little below its end
    grip = rotate(facing, np.array([0.0, 0.08, 0.0]))
    red, green, blue = (float(channel) for channel in colour)
    return HeldProp(limb(length, radius, radius), (red, green, blue), hand + grip, facing, length)
