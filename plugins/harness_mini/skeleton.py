"""The mocap skeleton: joint offsets, body proportions, and forward kinematics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from harness_mini.motions import JOINTS, Motion
from harness_mini.quaternion import Array, multiply, rotate

# parent and offset in metres (x forward, y up, z right), from pybullet's humanoid.urdf times its scale of 0.25
_TREE: Final[dict[str, tuple[str, tuple[float, float, float]]]] = {
    "chest": ("root", (0.0, 0.23615, 0.0)),
    "neck": ("chest", (0.0, 0.22389, 0.0)),
    "right_hip": ("root", (0.0, 0.0, 0.08489)),
    "right_knee": ("right_hip", (0.0, -0.42155, 0.0)),
    "right_ankle": ("right_knee", (0.0, -0.40987, 0.0)),
    "right_shoulder": ("chest", (-0.02405, 0.2435, 0.18311)),
    "right_elbow": ("right_shoulder", (0.0, -0.27479, 0.0)),
    "left_hip": ("root", (0.0, 0.0, -0.08489)),
    "left_knee": ("left_hip", (0.0, -0.42155, 0.0)),
    "left_ankle": ("left_knee", (0.0, -0.40987, 0.0)),
    "left_shoulder": ("chest", (-0.02405, 0.2435, -0.18311)),
    "left_elbow": ("left_shoulder", (0.0, -0.27479, 0.0)),
}
# the mocap world has y up, the renderer z up: a quarter turn about x
_UPRIGHT: Final = np.array([np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0])


@dataclass(frozen=True)
class Body:
    """Proportions of one performer, factors near 1: whole size, legs, arms, torso width, limb and head thickness."""

    size: float = 1.0
    legs: float = 1.0
    arms: float = 1.0
    width: float = 1.0
    limb: float = 1.0
    head: float = 1.0

    def offset(self, joint: str) -> Array:
        """Where `joint` sits in its parent's frame, `(3,)` metres."""
        base = np.asarray(_TREE[joint][1])
        if joint.endswith(("knee", "ankle")):
            base = base * self.legs
        elif joint.endswith("elbow"):
            base = base * self.arms
        elif joint.endswith(("hip", "shoulder")):
            base = base * np.array([1.0, 1.0, self.width])
        return np.asarray(base * self.size, dtype=np.float64)


@dataclass(frozen=True)
class Pose:
    """Where the joints are: positions `(T, 13, 3)` metres and orientations `(T, 13, 4)`; z is up, x forward, y left."""

    positions: Array
    orientations: Array


def hands(moved: Pose, body: Body) -> Array:
    """Where the right and the left hand are, `(T, 2, 3)` metres."""
    reach = np.array([0.0, -0.265 * body.arms * body.size, 0.0])
    elbows = [JOINTS.index("right_elbow"), JOINTS.index("left_elbow")]
    return moved.positions[:, elbows] + rotate(moved.orientations[:, elbows], reach)


def pose(motion: Motion, body: Body) -> Pose:
    """Forward kinematics of `motion` for a performer with proportions `body`."""
    count = len(motion.root)
    positions = np.zeros((count, len(JOINTS), 3))
    turned = np.zeros((count, len(JOINTS), 4))
    positions[:, 0] = rotate(_UPRIGHT, motion.root * body.size * np.array([1.0, body.legs, 1.0]))
    turned[:, 0] = multiply(np.broadcast_to(_UPRIGHT, (count, 4)), motion.rotations[:, 0])
    for index, joint in enumerate(JOINTS[1:], start=1):
        parent = JOINTS.index(_TREE[joint][0])
        positions[:, index] = positions[:, parent] + rotate(turned[:, parent], body.offset(joint))
        turned[:, index] = multiply(turned[:, parent], motion.rotations[:, index])
    return Pose(positions, turned)
