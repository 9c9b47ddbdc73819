"""What the clips of a group share: a place, its light, and the camera that films there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from harness_mini.panels import Room
from harness_mini.plate import Light
from harness_mini.quaternion import Array
from harness_mini.room import draw_room
from harness_mini.texture import Rng

FOCUS: Final = {"train": (0.5, 1.6), "test": (0.35, 1.3)}
"""By split, the share of cameras that are out of focus, and how far in pixels at most.

A recogniser that has seen too few soft frames falls to chance on every frame that was made from a smaller one.
"""


@dataclass(frozen=True)
class Camera:
    """How a camera records what it sees.

    blur: standard deviation in pixels of the Gaussian that poor focus lays over the whole frame; 0 where it is sharp.
    aperture: defocus of what is infinitely far while the actor is sharp, pixels times metres. shutter: share of the
    time between two frames in which it is open. gain: brightness; tint: of the channels `(3,)`.
    noise: standard deviation in grey levels. crf: of the encoder, higher is coarser.
    """

    blur: float
    aperture: float
    shutter: float
    gain: float
    tint: Array
    noise: float
    crf: int


@dataclass(frozen=True)
class Setting:
    """A place with its camera.

    azimuth: where the camera stands round the actor, degrees, 0 in front of them, 90 to their right.
    height, distance: of the camera, metres.
    """

    azimuth: float
    height: float
    distance: float
    room: Room
    light: Light
    camera: Camera

    @property
    def away(self) -> Array:
        """Unit vector `(3,)` on the floor, from the camera to the actor."""
        return away(self.azimuth)


def away(azimuth: float) -> Array:
    """The direction on the floor from a camera at this azimuth to the actor."""
    angle = np.deg2rad(azimuth)
    return np.array([-np.cos(angle), np.sin(angle), 0.0])


def draw_setting(split: str, rng: Rng) -> Setting:
    """A setting of `split` (a key of `FOCUS`); but for the focus both splits draw from the same ranges."""
    azimuth = float(rng.choice([-1.0, 1.0]) * rng.uniform(50, 130))
    ahead = away(azimuth)
    aside = np.array([ahead[1], -ahead[0], 0.0])
    lamp = -ahead + rng.uniform(-0.8, 0.8) * aside + np.array([0.0, 0.0, rng.uniform(1.0, 2.0)])
    height, distance, ambient = rng.uniform(0.9, 1.8), rng.uniform(3.2, 4.1), rng.uniform(0.45, 0.6)
    light = Light(lamp, float(ambient))
    return Setting(azimuth, float(height), float(distance), draw_room(ahead, rng), light, draw_camera(split, rng))


def draw_camera(split: str, rng: Rng) -> Camera:
    """A camera of `split` (a key of `FOCUS`)."""
    share, most = FOCUS[split]
    return Camera(
        blur=float(rng.uniform(0.3, most)) if rng.random() < share else 0.0,
        aperture=float(rng.uniform(0.5, 4.0)),
        shutter=float(rng.uniform(0.1, 0.7)),
        gain=float(rng.uniform(0.85, 1.2)),
        tint=rng.uniform(0.95, 1.05, 3),
        noise=float(rng.uniform(0.0, 1.2)),
        crf=int(rng.integers(11, 20)),
    )
