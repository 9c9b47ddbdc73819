"""Motions and performers of `mini-2`: mirror, reverse, perturbation and forward kinematics."""

from __future__ import annotations

import numpy as np
import pytest

from harness_mini.motions import JOINTS, Motion, mirror, repeat, reverse
from harness_mini.performer import perturb
from harness_mini.quaternion import between, from_rotation_vector, multiply, rotate, unit
from harness_mini.skeleton import Body, pose


@pytest.fixture
def motion() -> Motion:
    """A made-up motion of 20 keys in which every joint turns and the pelvis walks forward and to the right."""
    rng = np.random.default_rng(3)
    turned = unit(np.array([1.0, 0.0, 0.0, 0.0]) + 0.05 * rng.normal(size=(20, len(JOINTS), 4)).cumsum(axis=0))
    root = np.stack([np.linspace(0, 1, 20), np.full(20, 0.9), np.linspace(0, 0.3, 20)], axis=-1)
    return Motion(np.linspace(0.0, 0.95, 20), root, turned)


def test_at_returns_the_keys_and_holds_the_ends(motion: Motion) -> None:
    assert np.allclose(motion.at(motion.seconds).rotations, motion.rotations)
    held = motion.at(np.array([-1.0, 5.0]))
    assert np.allclose(held.root, motion.root[[0, -1]])


def test_reverse_runs_backwards_and_twice_is_the_same(motion: Motion) -> None:
    back = reverse(motion)
    assert back.seconds[0] == 0.0
    assert np.all(np.diff(back.seconds) > 0)
    when = np.array([0.2, 0.5])
    assert np.allclose(back.at(when).root, motion.at(motion.duration - when).root)
    assert np.allclose(reverse(back).rotations, motion.rotations)


def test_mirror_exchanges_left_and_right_of_every_joint(motion: Motion) -> None:
    # the mocap z axis (right) is minus y in the renderer's world
    plain, seen = pose(motion, Body()).positions, pose(mirror(motion), Body()).positions
    swap = [JOINTS.index(j.replace("left", "*").replace("right", "left").replace("*", "right")) for j in JOINTS]
    assert np.allclose(seen[:, swap], plain * np.array([1.0, -1.0, 1.0]))
    assert np.allclose(mirror(mirror(motion)).rotations, motion.rotations)


def test_repeat_continues_where_the_cycle_ended(motion: Motion) -> None:
    twice = repeat(motion, 2)
    assert twice.duration == pytest.approx(2 * motion.duration)
    start, later = twice.at(np.array([0.3])), twice.at(np.array([0.3 + motion.duration]))
    assert np.allclose(later.root - start.root, [[1.0, 0.0, 0.3]])
    assert np.allclose(later.rotations, start.rotations)


def test_perturbation_is_finite_small_and_keeps_quaternions_unit(motion: Motion) -> None:
    moved = perturb(motion, np.random.default_rng(0))
    assert np.isfinite(moved.rotations).all()
    assert np.allclose(np.linalg.norm(moved.rotations, axis=-1), 1.0)
    angle = 2 * np.arccos(np.clip(np.abs(np.sum(moved.rotations * motion.rotations, axis=-1)), 0, 1))
    assert 0.0 < np.rad2deg(angle).max() < 90.0
    # smooth: no joint jumps from one frame to the next by more than the motion itself plus a few degrees
    assert np.rad2deg(np.abs(np.diff(angle, axis=0)).max()) < 15.0
    assert np.array_equal(moved.rotations, perturb(motion, np.random.default_rng(0)).rotations)


def test_limbs_keep_their_lengths(motion: Motion) -> None:
    body = Body(size=1.1, legs=0.9, arms=1.05)
    where = pose(motion, body).positions
    thigh = where[:, JOINTS.index("left_knee")] - where[:, JOINTS.index("left_hip")]
    assert np.allclose(np.linalg.norm(thigh, axis=-1), 0.42155 * 1.1 * 0.9)


def test_quaternion_rotation_agrees_with_its_definition() -> None:
    quarter = from_rotation_vector(np.array([0.0, 0.0, np.pi / 2]))
    assert np.allclose(rotate(quarter, np.array([1.0, 0.0, 0.0])), [0.0, 1.0, 0.0])
    assert np.allclose(rotate(multiply(quarter, quarter), np.array([1.0, 0.0, 0.0])), [-1.0, 0.0, 0.0])
    for end in ([0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.3, -0.2, 0.5]):
        turned = rotate(between([1.0, 0.0, 0.0], end), np.array([1.0, 0.0, 0.0]))
        assert np.allclose(turned, np.asarray(end) / np.linalg.norm(end))
