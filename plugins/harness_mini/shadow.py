"""The shadow that an actor casts on the floor.

TinyRenderer's own shadow map darkens floors without drawing a shape (and takes most of the time), so limbs are
projected along the light onto the floor here, and from there into the picture.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from harness_mini.motions import JOINTS
from harness_mini.quaternion import Array
from harness_mini.texture import Picture
from harness_mini.view import View, Window

# limbs as joint pairs and their radii in metres; a lone joint stands for a ball
_LIMBS: Final = (
    ("root", "chest", 0.13), ("chest", "neck", 0.14), ("neck", "neck", 0.1),
    ("right_hip", "right_knee", 0.07), ("right_knee", "right_ankle", 0.05), ("right_ankle", "right_ankle", 0.07),
    ("left_hip", "left_knee", 0.07), ("left_knee", "left_ankle", 0.05), ("left_ankle", "left_ankle", 0.07),
    ("right_shoulder", "right_elbow", 0.05), ("right_elbow", "right_hand", 0.04),
    ("left_shoulder", "left_elbow", 0.05), ("left_elbow", "left_hand", 0.04),
)  # fmt: skip
_CIRCLE: Final = np.stack([np.cos(np.arange(10) * np.pi / 5), np.sin(np.arange(10) * np.pi / 5), np.zeros(10)], axis=-1)
_SOFTNESS: Final = 1.2

Segment = tuple[Array, Array, float]


def limbs(joints: Array, hands: Array, rod: Array | None = None) -> list[Segment]:
    """Segments (start, end, radius) of a moment: of joints `(13, 3)`, right and left hand `(2, 3)`, a rod's ends."""
    named = dict(zip((*JOINTS, "right_hand", "left_hand"), (*joints, *hands), strict=True))
    out = [(named[start], named[end], radius) for start, end, radius in _LIMBS]
    return out if rod is None else [*out, (rod[0], rod[1], 0.02)]


def shade(segments: list[Segment], light: Array, view: View, window: Window) -> Picture:
    """How much `(height, width)`, 0 to 255, the floor z = 0 lies in the shadow of `segments`; its rim is soft.

    light: direction to the lamp `(3,)`, z > 0.
    """
    picture = np.zeros((window.height, window.width), dtype=np.uint8)
    ends = np.array([[start, end] for start, end, _ in segments])
    fallen = ends - light * (ends[..., 2:] / light[2])
    rims = np.array([radius for *_, radius in segments])[:, None, None, None] * _CIRCLE
    outlines = (fallen[:, :, None] + rims).reshape(-1, 3)
    corners = np.clip(view.project(outlines) - (window.left, window.top), -4096, 4096)
    for outline in np.round(corners).astype(np.int32).reshape(len(segments), -1, 2):
        cv2.fillConvexPoly(picture, cv2.convexHull(outline), 255)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), _SOFTNESS))
