"""One performance of a class: part of its motion, warped in time, every joint moved a little, with its own body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness_mini import motions
from harness_mini.classes import ActionClass
from harness_mini.motions import JOINTS, Motion
from harness_mini.quaternion import Array, from_rotation_vector, multiply, unit
from harness_mini.skeleton import Body, Pose, hands, pose

FPS = 25
# how far a joint may stray from the recording: standard deviation in degrees of a constant and of a swaying part
_STRAY = {"root": 2.0, "chest": 4.0, "neck": 7.0, "hip": 3.5, "knee": 4.0, "ankle": 5.0, "shoulder": 8.0, "elbow": 8.0}


@dataclass(frozen=True)
class Performance:
    """What the renderer needs of a performer: `pose` over T frames, `body`, and whether the motion is mirrored."""

    pose: Pose
    body: Body
    mirrored: bool


def perform(action: ActionClass, frames: int, rng: np.random.Generator) -> Performance:
    """A performance of `action` in `frames` frames at 25 a second, on the floor z = 0, centred on the origin."""
    recorded = motions.load(action.motions[rng.integers(len(action.motions))])
    if action.cycles > 1:
        recorded = motions.repeat(recorded, action.cycles)
    mirrored = bool(rng.random() < 0.5)
    if mirrored:
        recorded = motions.mirror(recorded)
    # the window is given in the recording's own time, so time is reversed only after the part is chosen
    shown = recorded.at(_times(action, recorded.duration, frames, rng))
    if action.backwards:
        shown = motions.reverse(shown)
    body = draw_body(rng)
    return Performance(_grounded(pose(perturb(shown, rng), body), body), body, mirrored)


def draw_body(rng: np.random.Generator) -> Body:
    """Proportions of a person: about 1.5 to 1.75 m tall, slim to broad."""
    low = np.array([0.95, 0.94, 0.93, 0.88, 0.85, 0.92])
    high = np.array([1.06, 1.06, 1.07, 1.15, 1.25, 1.12])
    return Body(*(float(value) for value in rng.uniform(low, high)))


def _times(action: ActionClass, duration: float, frames: int, rng: np.random.Generator) -> Array:
    """Recording times `(frames,)` of one part of the motion, with a smooth change of pace."""
    first, last = action.window
    cover = min(rng.uniform(*action.cover), last - first)
    start = rng.uniform(first, last - cover)
    share = np.linspace(0.0, 1.0, frames)
    # monotonic as long as the factor is below 1: the pace varies by about a quarter at most
    share = share + rng.uniform(-0.25, 0.25) * np.sin(np.pi * share) / np.pi
    return np.asarray((start + cover * share) * duration, dtype=np.float64)


def perturb(motion: Motion, rng: np.random.Generator, amount: float = 1.0) -> Motion:
    """Turn every joint by a small angle that changes smoothly over the clip; `amount` scales the angles."""
    clock = np.arange(len(motion.root)) / FPS
    turned = motion.rotations.copy()
    for index, joint in enumerate(JOINTS):
        sigma = amount * np.deg2rad(_STRAY[joint.rpartition("_")[2]])
        constant, swaying = rng.normal(0.0, sigma, (2, 3))
        rate, phase = rng.uniform(0.4, 1.4), rng.uniform(0.0, 2 * np.pi)
        angles = constant + np.sin(2 * np.pi * rate * clock + phase)[:, None] * swaying
        turned[:, index] = multiply(turned[:, index], from_rotation_vector(angles))
    return Motion(motion.seconds, motion.root, unit(turned))


def _grounded(moved: Pose, body: Body) -> Pose:
    """Centre the path on the origin and put the lowest joint or hand on the floor: other limb lengths moved them."""
    where = moved.positions.copy()
    where[..., :2] -= where[:, :1, :2].mean(axis=0, keepdims=True)
    # joints lie inside the body: about 7 cm from ankle to sole, 5 cm from knee or hand to skin
    lowest = np.minimum(where[..., 2].min(axis=1) - 0.07, hands(moved, body)[..., 2].min(axis=1) - 0.05)
    lift = -np.percentile(lowest, 15)
    # with the minimum, one odd frame would lift the whole clip: odd frames are lifted on their own
    where[..., 2] += np.maximum(lift, -lowest)[:, None]
    return Pose(where, moved.orientations)
