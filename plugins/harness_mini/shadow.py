"""The shadow that an actor casts on the floor.

TinyRenderer's own shadow map darkens floors without drawing a shape (and takes most of the time), so limbs are
projected along the light onto the floor here, and from there into the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from harness_mini.motions import JOINTS
from harness_mini.quaternion import Array

# limbs as joint pairs and their radii in metres; a lone joint stands for a ball
_LIMBS: Final = (
    ("root", "chest", 0.13), ("chest", "neck", 0.14), ("neck", "neck", 0.1),
    ("right_hip", "right_knee", 0.07), ("right_knee", "right_ankle", 0.05), ("right_ankle", "right_ankle", 0.07),
    ("left_hip", "left_knee", 0.07), ("left_knee", "left_ankle", 0.05), ("left_ankle", "left_ankle", 0.07),
    ("right_shoulder", "right_elbow", 0.05), ("right_elbow", "right_hand", 0.04),
    ("left_shoulder", "left_elbow", 0.05), ("left_elbow", "left_hand", 0.04),
)  # fmt: skip
_CIRCLE: Final = np.stack([np.cos(np.arange(10) * np.pi / 5), np.sin(np.arange(10) * np.pi / 5), np.zeros(10)], axis=-1)


@dataclass(frozen=True)
class View:
    """A camera for points: eye and target `(3,)` in metres, z up, field of view in degrees, picture side in pixels."""

    eye: Array
    target: Array
    fov: float
    size: int

    def project(self, points: Array) -> Array:
        """World points `(N, 3)` in front of the camera to picture coordinates `(N, 2)`: x right, y down, pixels."""
        ahead = (self.target - self.eye) / np.linalg.norm(self.target - self.eye)
        right = np.cross(ahead, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        offset = points - self.eye
        depth = np.maximum(offset @ ahead, 0.1)
        focal = self.size / 2 / np.tan(np.deg2rad(self.fov) / 2)
        x, y = offset @ right / depth, offset @ np.cross(right, ahead) / depth
        return np.stack([self.size / 2 + focal * x, self.size / 2 - focal * y], axis=-1)


def limbs(joints: Array, hands: Array, rod: Array | None = None) -> list[tuple[Array, Array, float]]:
    """Segments (start, end, radius) of a frame: of joints `(13, 3)`, right and left hand `(2, 3)`, a rod's ends."""
    named = dict(zip((*JOINTS, "right_hand", "left_hand"), (*joints, *hands), strict=True))
    out = [(named[start], named[end], radius) for start, end, radius in _LIMBS]
    return out if rod is None else [*out, (rod[0], rod[1], 0.02)]


def mask(segments: list[tuple[Array, Array, float]], light: Array, view: View) -> npt.NDArray[np.bool_]:
    """Where `(size, size)` the floor z = 0 lies in the shadow of `segments`. light: direction to the lamp, z > 0."""
    picture = np.zeros((view.size, view.size), dtype=np.uint8)
    for start, end, radius in segments:
        ends = np.stack([start, end])
        fallen = ends - light * (ends[:, 2:] / light[2])
        outline = (fallen[:, None] + radius * _CIRCLE).reshape(-1, 3)
        corners = np.clip(view.project(outline), -4096, 4096)
        cv2.fillConvexPoly(picture, cv2.convexHull(np.round(corners).astype(np.int32)), 1)
    return picture.astype(bool)
