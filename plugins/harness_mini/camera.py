"""Where the camera of a clip looks from moment to moment, and what it makes of the light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from harness_mini.quaternion import Array
from harness_mini.setting import Camera, Setting
from harness_mini.texture import Picture, Rng
from harness_mini.view import View

FIELD_OF_VIEW = 50.0
"""Degrees, both ways: frames are square."""


@dataclass(frozen=True)
class Shot:
    """eye `(3,)` and targets `(T, 3)` in metres; the camera looks from the eye at the target, z up."""

    eye: Array
    targets: Array

    def view(self, when: float, size: int) -> View:
        """The camera at the time `when` in frames, for pictures of `size` pixels a side."""
        steps = np.arange(len(self.targets))
        target = np.array([np.interp(when, steps, self.targets[:, axis]) for axis in range(3)])
        return View(self.eye, target, size / 2 / np.tan(np.deg2rad(FIELD_OF_VIEW) / 2))


def shoot(setting: Setting, path: Array, rng: Rng) -> Shot:
    """The camera of `setting` filming an actor whose pelvis follows `path` `(T, 3)`: it pans after them and shakes."""
    count = len(path)
    eye = -setting.distance * setting.away
    eye[2] = setting.height
    target = np.zeros((count, 3))
    # a person who pans lags behind and does not follow all the way
    target[:, :2] = gaussian_filter1d(path[:, :2], 2.5, axis=0) * rng.uniform(0.6, 0.9)
    target[:, 2] = rng.uniform(0.72, 0.95)
    clock = np.linspace(0.0, 1.0, count)[:, None]
    drift = rng.normal(0.0, 0.05, 3) * (clock - 0.5)
    shake = rng.normal(0.0, 0.008, 3) * np.sin(2 * np.pi * (rng.uniform(1.0, 2.5, 3) * clock + rng.random(3)))
    return Shot(eye, target + rng.normal(0.0, 0.08, 3) + drift + shake)


def expose(light: npt.NDArray[np.float32], camera: Camera, rng: Rng) -> Picture:
    """A frame of 8-bit RGB of the light `(H, W, 3)`, 0 to 255, that falls on the sensor."""
    seen = cv2.GaussianBlur(light, (0, 0), camera.blur) if camera.blur else light
    lit = seen * (camera.gain * camera.tint)
    # shot noise grows with the root of the light; neighbours share a part of it, as after demosaicing
    grain = cv2.GaussianBlur(rng.standard_normal(lit.shape, dtype=np.float32), (0, 0), 0.5) * 1.7
    noisy = lit + camera.noise * grain * np.sqrt(0.3 + np.clip(lit, 0, 255) / 180)
    return np.asarray(np.clip(noisy + 0.5, 0, 255), dtype=np.uint8)
