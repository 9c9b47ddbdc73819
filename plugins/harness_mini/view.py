"""A camera at one moment: where it stands, how it is turned, and where points of the world fall in its picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness_mini.quaternion import Array


@dataclass(frozen=True)
class Window:
    """A rectangle of the picture plane. left, top: of its first pixel, from where the axis of the lens meets it."""

    left: float
    top: float
    width: int
    height: int


@dataclass(frozen=True)
class View:
    """eye, target `(3,)` in metres, z up. focal: focal length in pixels."""

    eye: Array
    target: Array
    focal: float

    @cached_property
    def axes(self) -> Array:
        """Unit vectors `(3, 3)`, in rows: to the right, down, ahead."""
        ahead = (self.target - self.eye) / np.linalg.norm(self.target - self.eye)
        right = np.cross(ahead, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(ahead, right), ahead])

    def project(self, points: Array) -> Array:
        """World points `(N, 3)` to the picture plane `(N, 2)`: pixels to the right of and below the axis."""
        seen = (points - self.eye) @ self.axes.T
        return np.asarray(self.focal * seen[:, :2] / np.maximum(seen[:, 2:], 0.1))

    def aside(self, metres: float) -> View:
        """The view of a camera that stands `metres` to the right and looks the same way."""
        step = metres * self.axes[0]
        return View(self.eye + step, self.target + step, self.focal)
