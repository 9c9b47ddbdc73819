"""Motion capture as arrays: loading pybullet's DeepMimic files, sampling, mirroring, reversing and repeating them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from harness_mini.compat import motion_folder
from harness_mini.quaternion import Array, interpolate, unit

JOINTS: Final = (
    "root", "chest", "neck",
    "right_hip", "right_knee", "right_ankle", "right_shoulder", "right_elbow",
    "left_hip", "left_knee", "left_ankle", "left_shoulder", "left_elbow",
)  # fmt: skip
# knees and elbows are hinges about z and take one number in the file; every other joint takes a quaternion
_HINGES: Final = frozenset({"right_knee", "right_elbow", "left_knee", "left_elbow"})


@dataclass(frozen=True)
class Motion:
    """A performance of the mocap skeleton; y is up, x forward, z to the actor's right, metres and seconds.

    seconds: `(N,)` increasing from 0. root: `(N, 3)` position of the pelvis.
    rotations: `(N, 13, 4)` unit quaternions (w, x, y, z), each joint of `JOINTS` relative to its parent.
    """

    seconds: Array
    root: Array
    rotations: Array

    @property
    def duration(self) -> float:
        """Seconds from the first to the last key."""
        return float(self.seconds[-1])

    def at(self, seconds: Array) -> Motion:
        """The motion at the times `seconds` `(T,)`, interpolated; times outside it are clamped to its ends."""
        when = np.clip(seconds, 0.0, self.duration)
        right = np.clip(np.searchsorted(self.seconds, when, side="right"), 1, len(self.seconds) - 1)
        left = right - 1
        share = (when - self.seconds[left]) / (self.seconds[right] - self.seconds[left])
        root = self.root[left] * (1 - share[:, None]) + self.root[right] * share[:, None]
        turned = interpolate(self.rotations[left], self.rotations[right], share[:, None, None])
        return Motion(np.asarray(seconds, dtype=np.float64), root, turned)


def load(name: str, folder: Path | None = None) -> Motion:
    """Read `humanoid3d_<name>.txt` from `folder` (default: the one that pybullet ships).

    Raises HarnessError if pybullet, which provides the files, is not installed.
    """
    path = (folder or motion_folder()) / f"humanoid3d_{name}.txt"
    keys = np.asarray(json.loads(path.read_text())["Frames"], dtype=np.float64)
    seconds = np.concatenate([[0.0], np.cumsum(keys[:-1, 0])])
    return Motion(seconds, keys[:, 1:4], _rotations(keys[:, 4:]))


def _rotations(values: Array) -> Array:
    """The 40 joint numbers of each key `(N, 40)` as quaternions `(N, 13, 4)`."""
    out, column = [], 0
    for joint in JOINTS:
        if joint in _HINGES:
            half = values[:, column] / 2
            zero = np.zeros_like(half)
            out.append(np.stack([np.cos(half), zero, zero, np.sin(half)], axis=-1))
            column += 1
        else:
            out.append(unit(values[:, column : column + 4]))
            column += 4
    return np.stack(out, axis=1)


def reverse(motion: Motion) -> Motion:
    """The motion with time running backwards."""
    return Motion(motion.duration - motion.seconds[::-1], motion.root[::-1], motion.rotations[::-1])


def mirror(motion: Motion) -> Motion:
    """The motion as seen in a mirror: left and right exchanged (z changes sign)."""
    swap = [JOINTS.index(_other_side(joint)) for joint in JOINTS]
    # a reflection in z keeps rotation about z and reverses those about x and y
    turned = motion.rotations[:, swap] * np.array([1.0, -1.0, -1.0, 1.0])
    return Motion(motion.seconds, motion.root * np.array([1.0, 1.0, -1.0]), turned)


def _other_side(joint: str) -> str:
    side, _, rest = joint.partition("_")
    return {"left": f"right_{rest}", "right": f"left_{rest}"}.get(side, joint)


def repeat(motion: Motion, cycles: int) -> Motion:
    """A looping motion `cycles` times in a row; each cycle starts where on the floor the previous one ended."""
    step = (motion.root[-1] - motion.root[0]) * np.array([1.0, 0.0, 1.0])
    # the last key of a cycle is the first of the next one, hence [1:]
    seconds = [motion.seconds] + [motion.seconds[1:] + k * motion.duration for k in range(1, cycles)]
    root = [motion.root] + [motion.root[1:] + k * step for k in range(1, cycles)]
    turned = [motion.rotations] + [motion.rotations[1:]] * (cycles - 1)
    return Motion(np.concatenate(seconds), np.concatenate(root), np.concatenate(turned))
