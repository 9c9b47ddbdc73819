"""The picture of a room without its actor, taken once a clip and wide enough for every way the camera turns.

The eye stays where it is and only turns, so that every frame's background is this picture seen through a homography.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from harness_mini.panels import Footprint, Panel, Room
from harness_mini.quaternion import Array
from harness_mini.texture import Picture
from harness_mini.view import View, Window

Floats = npt.NDArray[np.float32]
_NEAR = 0.05
# Gaussians in pixels between which a pixel's blur is interpolated
_BLURS = (0.0, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Light:
    """direction `(3,)` to the lamp. ambient: share of light without direction, 0 to 1."""

    direction: Array
    ambient: float

    def on(self, normal: Array) -> float:
        """How bright a surface with this normal is, 1 where it faces the lamp."""
        facing = abs(float(normal @ self.direction)) / float(np.linalg.norm(self.direction))
        return self.ambient + (1 - self.ambient) * (0.35 + 0.65 * facing)


@dataclass(frozen=True)
class Plate:
    """picture `(H, W, 4)`: RGB, and where the floor is (255); `window` of the picture plane of `view`."""

    picture: Picture
    view: View
    window: Window

    def seen(self, view: View, window: Window) -> Picture:
        """What `view`, which has the same eye, sees of the room in `window`: `(height, width, 4)`."""
        turn = self.view.axes @ view.axes.T
        outer = _intrinsics(self.view, self.window)
        inner = np.linalg.inv(_intrinsics(view, window))
        return np.asarray(
            cv2.warpPerspective(
                self.picture,
                outer @ turn @ inner,
                (window.width, window.height),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
        )


def _intrinsics(view: View, window: Window) -> Array:
    """From directions (x, y, 1) in the axes of `view` to pixels of `window`, whose centres lie at whole numbers."""
    return np.array([
        [view.focal, 0.0, -window.left - 0.5],
        [0.0, view.focal, -window.top - 0.5],
        [0.0, 0.0, 1.0],
    ])  # fmt: skip


def take(room: Room, view: View, window: Window, light: Light, focus: float, aperture: float) -> Plate:
    """Photograph `room`. focus: distance in metres that is sharp. aperture: blur of what is infinitely far, in pixels,
    times metres of that distance."""
    shape = window.height, window.width
    picture, depth = np.zeros((*shape, 4), dtype=np.float32), np.full(shape, np.inf, dtype=np.float32)
    for panel in room.panels:
        _draw(panel, view, window, light, room.footprints, picture, depth)
    blurred = _defocused(picture, np.float32(aperture) * np.abs(1 / depth - np.float32(1 / focus)))
    return Plate(np.clip(blurred + 0.5, 0, 255).astype(np.uint8), view, window)


def _draw(
    panel: Panel, view: View, window: Window, light: Light, feet: list[Footprint], picture: Floats, depth: Floats
) -> None:
    rows, columns = _reach(panel, view, window)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    x = ((np.arange(columns.start, columns.stop) + 0.5 + window.left) / view.focal).astype(np.float32)[None, :]
    y = ((np.arange(rows.start, rows.stop) + 0.5 + window.top) / view.focal).astype(np.float32)[:, None]
    far, s, t = _meet(panel, view, x, y)
    hit = (far > _NEAR) & (far < depth[rows, columns]) & (s >= 0) & (s <= 1) & (t >= 0) & (t <= 1)
    if not hit.any():
        return
    colour = _looked_up(panel, np.where(hit, s, 0), np.where(hit, t, 0))
    if colour.shape[-1] == 4:
        hit &= colour[..., 3] > 127
    normal = np.cross(panel.across, panel.down)
    bright = light.on(normal / np.linalg.norm(normal)) * _corners(panel, view, x, y, far, feet)
    picture[rows, columns][hit, :3] = (colour[..., :3] * bright[..., None])[hit]
    picture[rows, columns][hit, 3] = 255.0 if panel.is_floor else 0.0
    depth[rows, columns][hit] = far[hit]


def _reach(panel: Panel, view: View, window: Window) -> tuple[slice, slice]:
    """Rows and columns of the window outside which the panel is not seen."""
    a, b, c = panel.corner, panel.across, panel.down
    corners = np.stack([a, a + b, a + c, a + b + c])
    if np.min((corners - view.eye) @ view.axes[2]) < 0.2:
        return slice(0, window.height), slice(0, window.width)
    at = view.project(corners) - (window.left, window.top)
    low, high = np.floor(at.min(axis=0)).astype(int), np.ceil(at.max(axis=0)).astype(int) + 1
    return (
        slice(max(0, low[1]), min(window.height, high[1])),
        slice(max(0, low[0]), min(window.width, high[0])),
    )


def _meet(panel: Panel, view: View, x: Floats, y: Floats) -> tuple[Any, Any, Any]:
    """Where the rays (x, y, 1) meet the plane of `panel`: how far ahead, and at which shares of both edges."""
    normal = np.cross(panel.across, panel.down)
    offset = view.eye - panel.corner

    def along(vector: Array) -> Any:
        right, down, ahead = (np.float32(value) for value in view.axes @ vector)
        return right * x + (down * y + ahead)

    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.float32(-offset @ normal) / along(normal)
        shares = [
            (np.float32(offset @ edge) + far * along(edge)) / np.float32(edge @ edge)
            for edge in (panel.across, panel.down)
        ]
    return far, shares[0], shares[1]


def _looked_up(panel: Panel, s: Any, t: Any) -> Floats:
    """Colours `(h, w, 3 or 4)` of the panel's picture at shares of its edges."""
    surface = panel.surface
    size = surface.picture.shape[0]
    sides = np.linalg.norm(panel.across), np.linalg.norm(panel.down)
    repeats = [1.0 if surface.metres is None else float(side) / surface.metres for side in sides]
    at = [np.asarray(share * (count * size), dtype=np.float32) for share, count in zip((s, t), repeats, strict=True)]
    if surface.metres is None:
        at = [np.clip(value - 0.5, 0, size - 1).astype(np.float32) for value in at]
    else:
        at = [np.mod(value, np.float32(size)) for value in at]
    return np.asarray(
        cv2.remap(surface.picture, at[0], at[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32
    )


def _corners(panel: Panel, view: View, x: Floats, y: Floats, far: Any, feet: list[Footprint]) -> Any:
    """How much darker a surface is where it meets another: a factor for every ray."""
    right, down, ahead = (view.axes[row].astype(np.float32) for row in range(3))
    if panel.is_floor:
        at = [np.float32(view.eye[i]) + far * (x * right[i] + (y * down[i] + ahead[i])) for i in range(2)]
        dark = np.ones_like(far)
        for foot in feet:
            dark *= 1 - 0.5 * np.exp(-_distance(foot, at[0], at[1]) / np.float32(0.18))
        return dark
    height = np.float32(view.eye[2]) + far * (x * right[2] + (y * down[2] + ahead[2]))
    return 1 - 0.3 * np.exp(-np.clip(height, 0, 20) / np.float32(0.25))


def _distance(foot: Footprint, x: Any, y: Any) -> Any:
    """Distance `(h, w)` in metres of points of the floor from what stands there."""
    dx, dy = x - np.float32(foot.centre[0]), y - np.float32(foot.centre[1])
    cos, sin = (np.float32(value) for value in foot.along)
    u = np.maximum(np.abs(cos * dx + sin * dy) - np.float32(foot.half[0]), 0)
    v = np.maximum(np.abs(cos * dy - sin * dx) - np.float32(foot.half[1]), 0)
    return np.hypot(u, v)


def _defocused(picture: Floats, sigma: npt.NDArray[Any]) -> Floats:
    """`picture` blurred by a Gaussian of `sigma` pixels `(H, W)`, another one everywhere."""
    sigma = cv2.GaussianBlur(np.clip(sigma, 0, _BLURS[-1] - 0.01).astype(np.float32), (0, 0), 3.0)
    out, near = np.zeros_like(picture), picture
    for low, high in pairwise(_BLURS):
        here = (sigma >= low) & (sigma < high)
        after = cv2.GaussianBlur(picture, (0, 0), high)
        if here.any():
            share = ((sigma - low) / (high - low))[..., None]
            out = np.where(here[..., None], near * (1 - share) + after * share, out)
        near = np.asarray(after)
    return np.asarray(out, dtype=np.float32)
