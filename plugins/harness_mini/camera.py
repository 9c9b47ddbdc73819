"""Where the camera stands and looks, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from harness_mini.quaternion import Array
from harness_mini.settings import Setting

FIELD_OF_VIEW = 50.0  # degrees, both ways: frames are square


@dataclass(frozen=True)
class Shot:
    """eyes and targets `(T, 3)` in metres; the camera looks from the eye at the target, z up."""

    eyes: Array
    targets: Array


def shoot(setting: Setting, path: Array, rng: np.random.Generator) -> Shot:
    """The camera of `setting` filming an actor whose pelvis follows `path` `(T, 3)`: it pans after them and shakes."""
    count = len(path)
    angle = np.deg2rad(setting.azimuth)
    eye = setting.distance * np.array([np.cos(angle), -np.sin(angle), 0.0])
    eye[2] = setting.height
    target = np.zeros((count, 3))
    # a person who pans lags behind and does not follow all the way
    target[:, :2] = gaussian_filter1d(path[:, :2], 2.5, axis=0) * rng.uniform(0.6, 0.9)
    target[:, 2] = rng.uniform(0.72, 0.85)
    clock = np.linspace(0.0, 1.0, count)[:, None]
    drift = rng.normal(0.0, 0.05, 3) * (clock - 0.5)
    shake = rng.normal(0.0, 0.008, 3) * np.sin(2 * np.pi * (rng.uniform(1.0, 2.5, 3) * clock + rng.random(3)))
    return Shot(np.broadcast_to(eye, (count, 3)).copy(), target + rng.normal(0.0, 0.06, 3) + drift + shake)
